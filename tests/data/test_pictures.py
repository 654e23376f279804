import math
import re
import struct
import sys
import zlib

import numpy as np
import pytest

from fastconv.data import pictures

Image = pytest.importorskip("PIL.Image")


def read(path, shape, **options):
    return pictures.read(path, shape[0], shape[1:], hint="--range={},{}", **options)


@pytest.fixture
def save(tmp_path):
    def write(picture, name="picture.png", **options):
        if isinstance(picture, np.ndarray):
            picture = Image.fromarray(picture)
        picture.save(tmp_path / name, **options)
        return str(tmp_path / name)

    return write


GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
COLOURS = np.random.default_rng(0).integers(0, 256, (3, 4, 3), dtype=np.uint8)


def test_grey_as_it_is(save):
    image = read(save(GREY), (1, 3, 4))
    assert image.dtype == np.float32
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, GREY[np.newaxis].astype(np.float32) / np.float32(255))


def test_colours_as_they_are(save):
    image = read(save(COLOURS), (3, 3, 4))
    np.testing.assert_array_equal(image, COLOURS.transpose(2, 0, 1).astype(np.float32) / np.float32(255))


def test_colours_to_grey_by_luma(save):
    grey = read(save(COLOURS), (1, 3, 4))
    luma = COLOURS @ np.array([0.299, 0.587, 0.114])  # ITU-R 601-2, as Pillow states
    np.testing.assert_allclose(grey[0] * 255, luma, atol=1)


def test_grey_to_colours(save):
    image = read(save(GREY), (3, 3, 4))
    for channel in image:
        np.testing.assert_array_equal(channel, GREY.astype(np.float32) / np.float32(255))


def test_four_channels_keep_transparency(save):
    colours = np.dstack([COLOURS, np.full((3, 4), 128, np.uint8)])
    image = read(save(colours), (4, 3, 4))
    np.testing.assert_array_equal(image[3], np.float32(128) / np.float32(255))
    np.testing.assert_allclose(image[:3], COLOURS.transpose(2, 0, 1) / 255, atol=1e-6)


def test_what_is_transparent_lies_on_white(save):
    ink = np.zeros((1, 3, 4), np.uint8)
    ink[..., 3] = [0, 255, 51]
    np.testing.assert_allclose(read(save(ink), (1, 1, 3)), [[[1, 0, 0.8]]], atol=1e-6)


def test_a_palette_with_a_transparent_colour(save):
    picture = Image.new("P", (2, 1))
    picture.putpalette([0, 0, 0, 10, 10, 10])
    picture.putpixel((1, 0), 1)
    path = save(picture, "picture.gif", transparency=0)
    np.testing.assert_allclose(read(path, (1, 1, 2)), [[[1, 10 / 255]]], atol=1e-6)


def test_sixteen_bits_are_scaled_not_cut(save):
    wide = np.array([[0, 257 * 100, 65535]], np.uint16)
    expected = np.array([[[0, 100, 255]]], np.float32) / np.float32(255)
    np.testing.assert_array_equal(read(save(wide), (1, 1, 3)), expected)


def test_smaller_by_areas(save):
    big = np.kron(GREY, np.ones((5, 6), np.uint8))
    np.testing.assert_array_equal(read(save(big), (1, 3, 4)), read(save(GREY), (1, 3, 4)))


def test_larger_linearly(save):
    line = read(save(np.array([[0, 200]], np.uint8)), (1, 1, 8))[0, 0]
    assert (np.diff(line) >= 0).all()
    assert len(set(line.tolist())) > 3


def test_a_photograph_is_turned_upright(save):
    turned = Image.Exif()
    turned[0x0112] = 6  # orientation: the camera was turned by 90 degrees
    path = save(GREY, exif=turned)
    upright = np.rot90(GREY, -1).astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(read(path, (1, 4, 3))[0], upright)


def test_no_image(tmp_path):
    path = tmp_path / "text.png"
    for content in "not an image", "":
        path.write_text(content)
        with pytest.raises(
            ValueError, match=f"^{re.escape(str(path))}: got a file that is no image or of an"
        ):
            read(str(path), (1, 3, 4))


def test_a_truncated_image(save, tmp_path):
    path = tmp_path / "picture.png"
    save(np.random.default_rng(0).integers(0, 256, (99, 99), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: got an image that cannot be read \\("):
        read(str(path), (1, 3, 4))


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(str(tmp_path / "none.png"), (1, 3, 4))


def test_without_pillow(save, monkeypatch):
    path = save(GREY)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ValueError, match=r"pip install 'fastconv\[images\]'"):
        read(path, (1, 3, 4))


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("a.png", "<u2"), ("a.png", ">u2"), ("a.tiff", "<u2"), ("a.tiff", ">u2"), ("a.pgm", "<u2")],
)
def test_sixteen_bits_keep_all_of_them(save, name, dtype):
    wide = np.array([[0, 257 * 100, 65535], [1, 32768, 6554]], dtype)
    image = read(save(wide, name), (1, 2, 3))
    np.testing.assert_array_equal(image, (wide / 65535).astype(np.float32)[np.newaxis])


@pytest.mark.parametrize("largest", [100, 4095, 32767])
@pytest.mark.parametrize("name", ["a.tiff", "a.png"])
def test_few_of_sixteen_bits_have_to_be_explained(save, name, largest):
    narrow = np.array([[0, largest, 50]], np.uint16)
    path = save(narrow, name)
    fits = {100: 127, 4095: 4095, 32767: 32767}[largest]
    message = (
        f"{path}: got values from 0 to {largest}, needs those of black and white: --range=0,{fits} would fit"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read(path, (1, 1, 3))
    expected = (narrow / fits).astype(np.float32)[np.newaxis]
    np.testing.assert_array_equal(read(path, (1, 1, 3), value_range=(0, fits)), expected)
    # What a PNM file says of its range is certain.
    np.testing.assert_array_equal(
        read(save(narrow, "a.pgm"), (1, 1, 3)), (narrow / 65535).astype(np.float32)[None]
    )


def test_a_tiff_that_tells_its_depth(save):
    narrow = np.array([[0, 4095, 1000]], np.uint16)
    path = save(narrow, "a.tiff", tiffinfo={281: 4095})  # MaxSampleValue
    np.testing.assert_array_equal(read(path, (1, 1, 3)), (narrow / 4095).astype(np.float32)[np.newaxis])
    path = save(narrow, "a.tiff", tiffinfo={281: 1023})
    with pytest.raises(ValueError, match=r"got values from 0 to 4095, needs values from 0 to 1023: --range="):
        read(path, (1, 1, 3))
    path = save(narrow, "a.tiff", tiffinfo={281: 4000})  # the largest value that occurs says nothing
    with pytest.raises(ValueError, match="needs those of black and white"):
        read(path, (1, 1, 3))


def tiff(path, bits, content, kind=1, photometric=1, channels=1, width=2):
    """A TIFF file of one line of pixels, as other programs write them."""
    tags = {256: width, 257: 1, 258: bits, 259: 1, 262: photometric, 277: channels, 278: 1, 339: kind}
    places, data = {273: 8}, content
    if channels > 1:
        places[258] = 8 + len(data)
        data += struct.pack(f"<{channels}H", *[bits] * channels)
    entries = [(273, 4, 1, 8), (279, 4, 1, len(content))]
    entries += [(tag, 3, 1, value) for tag, value in tags.items() if tag not in places]
    entries += [(258, 3, channels, places[258])] if channels > 1 else []
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in sorted(entries))
    path.write_bytes(struct.pack("<2sHI", b"II", 42, 8 + len(data)) + data + directory + bytes(4))
    return str(path)


def test_twelve_bits_in_a_tiff(tmp_path):
    path = tiff(tmp_path / "a.tiff", 12, bytes([0xFF, 0xF1, 0x00]))
    np.testing.assert_array_equal(read(path, (1, 1, 2)), np.array([[[1, 256 / 4095]]], np.float32))


def test_a_tiff_whose_white_is_zero(tmp_path):
    path = tiff(tmp_path / "a.tiff", 16, struct.pack("<2H", 0, 65535 // 5 * 4), photometric=0)
    np.testing.assert_allclose(read(path, (1, 1, 2)), [[[1, 0.2]]], rtol=1e-6)
    path = tiff(tmp_path / "b.tiff", 8, bytes([0, 204]), photometric=0)
    np.testing.assert_allclose(read(path, (1, 1, 2)), [[[1, 0.2]]], rtol=1e-6)


@pytest.mark.parametrize(
    ("bits", "kind", "content", "message"),
    [
        (8, 2, b"\0\1", "got signed integers of 8 bits, needs unsigned ones"),
        (
            16,
            2,
            struct.pack("<2h", -5, 9),
            "got values from -5 to 9, needs those of .*: --range=-5,15 would fit",
        ),
        (
            32,
            1,
            struct.pack("<2I", 0, 10**6),
            "got values from 0 to 1e\\+06, needs .*: --range=0,1048575 would",
        ),
        (32, 2, struct.pack("<2i", 0, 0), "got values from 0 to 0, needs .*: --range=0,1 would fit"),
        (
            32,
            3,
            struct.pack("<2f", 0, 254.5),
            "got values from 0 to 254.5, needs values from 0 to 1: .*=0,255 wo",
        ),
        (32, 3, struct.pack("<2f", 0, math.nan), "got values that are not finite, needs numbers"),
        (32, 3, struct.pack("<2f", 0, math.inf), "got values that are not finite, needs numbers"),
        (64, 3, struct.pack("<2d", 0, 1), "got a file that is no image or of an unknown kind, needs"),
    ],
)
def test_numbers_that_do_not_say_what_white_is(tmp_path, bits, kind, content, message):
    path = tiff(tmp_path / "a.tiff", bits, content, kind)
    with pytest.raises(ValueError, match=f"^{re.escape(path)}: {message}"):
        read(path, (1, 1, 2))
    if fits := re.search("--range=(.*),(.*) wo", message):
        low, high = map(float, fits.groups())
        values = np.frombuffer(
            content, {(16, 2): "<i2", (32, 1): "<u4", (32, 2): "<i4", (32, 3): "<f4"}[bits, kind]
        )
        expected = ((values - low) / (high - low)).astype(np.float32)[np.newaxis, np.newaxis]
        np.testing.assert_array_equal(read(path, (1, 1, 2), value_range=(low, high)), expected)


@pytest.mark.parametrize("name", ["a.tiff", "a.pfm"])
def test_floats_from_0_to_1_are_taken_as_they_are(save, name):
    grey = np.array([[0, 0.25, 1], [0.5, 0.125, 0.75]], np.float32)
    path = save(grey, name)
    np.testing.assert_array_equal(read(path, (1, 2, 3))[0], grey)
    four = read(path, (4, 2, 3))
    np.testing.assert_array_equal(four, [grey, grey, grey, np.ones_like(grey)])
    assert four.flags.c_contiguous
    np.testing.assert_array_equal(
        read(path, (3, 1, 1)), np.full((3, 1, 1), grey.mean(dtype=float), np.float32)
    )


def test_sixteen_bits_of_each_colour(tmp_path):
    wide = struct.pack("<6H", 0, 65535, 257 * 100, 0, 0, 257 * 200)
    image = read(tiff(tmp_path / "a.tiff", 16, wide, photometric=2, channels=3), (3, 1, 2))
    expected = np.array([[0, 0], [255, 0], [100, 200]], np.float32) / np.float32(255)
    np.testing.assert_array_equal(image[:, 0], expected)
    path = tiff(tmp_path / "a.tiff", 16, struct.pack("<6H", *[4095] * 6), photometric=2, channels=3)
    with pytest.raises(
        ValueError, match=r"got 16 bits a channel of which not all seem .*, needs 8 bits a channel"
    ):
        read(path, (3, 1, 2))


def png(path, kind, values):
    """A PNG file of 16 bits a channel and one line of two pixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, kind, 0, 0, 0))
    line = chunk(b"IDAT", zlib.compress(b"\0" + struct.pack(f">{len(values)}H", *values)))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + line + chunk(b"IEND", b""))
    return str(path)


@pytest.mark.parametrize(("kind", "channels"), [(2, 3), (4, 2), (6, 4)], ids=["RGB", "LA", "RGBA"])
def test_sixteen_bits_of_each_channel_of_a_png(tmp_path, kind, channels):
    path = png(tmp_path / "a.png", kind, [4095] * 2 * channels)
    with pytest.raises(ValueError, match=r"got 16 bits a channel of which not all seem .*, needs 8 bits a"):
        read(path, (1, 1, 2))
    path = png(tmp_path / "a.png", kind, [0] * channels + [65535] * channels)
    expected = [[[1 if channels != 3 else 0, 1]]]  # the first pixel is transparent, or black
    np.testing.assert_array_equal(read(path, (1, 1, 2)), expected)


def test_black_ink_on_nothing_is_no_dark_picture(tmp_path):
    path = png(tmp_path / "a.png", 4, [0, 65535, 0, 0])
    np.testing.assert_array_equal(read(path, (1, 1, 2)), [[[0, 1]]])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"])
def test_every_kind_of_pixels_of_a_byte(save, mode):
    grey = Image.fromarray(np.array([[0, 255]], np.uint8))
    picture = (
        grey.convert(mode) if mode != "LAB" else Image.frombytes(mode, (2, 1), bytes([0, 0, 0, 255, 0, 0]))
    )
    path = save(picture, "a.tiff")
    with Image.open(path) as file:
        assert file.mode == mode
    for channels in (1, 3, 4):
        image = read(path, (channels, 1, 2))
        np.testing.assert_allclose(image[:3], np.broadcast_to([0, 1], image[:3].shape), atol=1.01 / 255)
        assert (image[3:] == 1).all()


def test_a_range_is_for_grey_values(save):
    path = save(np.array([[0, 15]], np.uint8))
    np.testing.assert_array_equal(read(path, (1, 1, 2), value_range=(0, 15)), [[[0, 1]]])
    with pytest.raises(
        ValueError, match="got values from 0 to 15, needs values from 0 to 7: --range=0,15 would"
    ):
        read(path, (1, 1, 2), value_range=(0, 7))
    with pytest.raises(
        ValueError, match="got a picture of mode RGB for a range of values, needs grey values: no"
    ):
        read(save(COLOURS), (1, 3, 4), value_range=(0, 15))


@pytest.mark.parametrize("name", ["a.tiff", "a.gif", "a.png", "a.webp"])
def test_several_images_in_one_file(save, name):
    first, second = Image.fromarray(GREY), Image.fromarray(255 - GREY)
    path = save(first, name, save_all=True, append_images=[second])
    with pytest.raises(ValueError, match="got 2 images in one file, needs one: save one of them on its own"):
        read(path, (1, 3, 4))


def test_a_photograph_with_further_views(save):
    path = save(
        Image.new("RGB", (4, 3), "white"), "a.mpo", save_all=True, append_images=[Image.new("RGB", (4, 3))]
    )
    np.testing.assert_array_equal(read(path, (1, 3, 4)), np.ones((1, 3, 4)))


def test_the_size_of_the_file_where_none_is_asked_for(save):
    assert pictures.read(save(GREY), 1).shape == (1, 3, 4)
    assert pictures.read(save(COLOURS), 4).shape == (4, 3, 4)


def test_cropped_to_other_proportions(save):
    wide = save(np.array([[10, 20, 30, 40], [50, 60, 70, 80]], np.uint8))
    image = read(wide, (1, 2, 2), crop=True)[0] * 255
    np.testing.assert_allclose(image, [[20, 30], [60, 70]], rtol=1e-6)
    np.testing.assert_allclose(read(wide, (1, 1, 1), crop=True) * 255, [[[45]]], rtol=1e-6)
    np.testing.assert_allclose(read(wide, (1, 2, 2))[0] * 255, [[15, 35], [55, 75]], rtol=1e-6)
    high = save(np.array([[10, 20, 30, 40], [50, 60, 70, 80]], np.uint8).T)
    np.testing.assert_allclose(read(high, (1, 2, 2), crop=True)[0] * 255, [[20, 60], [30, 70]], rtol=1e-6)


def test_how_an_error_tells_a_range(save):
    path = save(np.array([[0, 4095]], np.uint16))
    with pytest.raises(
        ValueError, match=r"needs those of black and white: value_range=\(0, 4095\) would fit$"
    ):
        pictures.read(path, 1)


@pytest.mark.parametrize(
    ("mode", "grey"),
    [("1", True), ("L", True), ("LA", True), ("I;16", True), ("RGB", False), ("P", False), ("CMYK", False)],
)
def test_which_files_are_grey(save, mode, grey):
    picture = Image.new(mode, (2, 1))
    assert pictures.is_grey(save(picture, "a.tiff")) is grey


def test_what_is_no_image_is_not_grey(tmp_path):
    (tmp_path / "a.png").write_text("text")
    assert not pictures.is_grey(tmp_path / "a.png")
    assert not pictures.is_grey(tmp_path / "none.png")
