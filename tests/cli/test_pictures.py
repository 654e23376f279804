import re
import sys

import numpy as np
import pytest

from fastconv.cli.pictures import read

Image = pytest.importorskip("PIL.Image")


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
    image = read(save(colours), (4, 3, 4), invert=True)
    np.testing.assert_array_equal(image[3], np.float32(128) / np.float32(255))
    np.testing.assert_allclose(image[:3], 1 - COLOURS.transpose(2, 0, 1) / 255, atol=1e-6)


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


def test_invert(save):
    path = save(GREY)
    np.testing.assert_allclose(read(path, (1, 3, 4), invert=True), 1 - read(path, (1, 3, 4)), atol=1e-7)


def test_a_photograph_is_turned_upright(save):
    turned = Image.Exif()
    turned[0x0112] = 6  # orientation: the camera was turned by 90 degrees
    path = save(GREY, exif=turned)
    upright = np.rot90(GREY, -1).astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(read(path, (1, 4, 3))[0], upright)


def test_no_image(tmp_path):
    path = tmp_path / "text.png"
    path.write_text("not an image")
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: got a file that is no image$"):
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


def test_channels_that_no_picture_has(save):
    with pytest.raises(ValueError, match="got a model for images of 2 channels, needs one for 1, 3 or 4"):
        read(save(GREY), (2, 3, 4))


def test_without_pillow(save, monkeypatch):
    path = save(GREY)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ValueError, match=r"pip install 'fastconv\[images\]'"):
        read(path, (1, 3, 4))
