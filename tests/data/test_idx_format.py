import gzip
import re
import struct

import numpy as np
import pytest

from fastconv import data
from fastconv.data.idx_format import read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def encode(array):
    code = CODES[array.dtype.str[1:]]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write(path, array):
    content = encode(array)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


IMAGES = np.arange(20 * 3 * 2, dtype=np.uint8).reshape(20, 3, 2)
LABELS = np.tile(np.array([0, 1], np.uint8), 10)


@pytest.fixture
def pair(tmp_path):
    return write(tmp_path / "images-idx3-ubyte", IMAGES), write(tmp_path / "labels-idx1-ubyte", LABELS)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", ["file", "file.gz"])
def test_every_type_plain_and_compressed(tmp_path, code, name):
    array = np.array([[0, 1, -2], [3, 100, 7]]).astype(code)
    found = read_idx(write(tmp_path / name, array))
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, array)


def test_compression_is_seen_in_the_content_not_the_name(tmp_path):
    path = tmp_path / "plain"
    path.write_bytes(gzip.compress(encode(LABELS)))
    np.testing.assert_array_equal(read_idx(path), LABELS)


def test_one_pair_is_divided(pair):
    found = data.idx(*pair)
    assert found.train[0].shape == (16, 1, 3, 2)
    assert np.bincount(found.test[1]).tolist() == [2, 2]
    assert found.classes == ("0", "1")
    assert str(pair[0]) in found.source
    stored = IMAGES.astype(np.float32) / np.float32(255)
    for images, labels in (found.train, found.test):
        for image, label in zip(images, labels, strict=True):
            (place,) = np.flatnonzero((stored == image[0]).all(axis=(1, 2)))
            assert LABELS[place] == label


def test_share_and_seed_of_the_division(pair):
    assert len(data.idx(*pair, test_fraction=0.4).test[1]) == 8
    assert not np.array_equal(data.idx(*pair, seed=1).test[0], data.idx(*pair).test[0])


def test_two_pairs_stay_as_they_are(pair, tmp_path):
    test_pair = write(tmp_path / "t-images.gz", IMAGES[:4]), write(tmp_path / "t-labels.gz", LABELS[:4])
    found = data.idx(*pair, test_images=test_pair[0], test_labels=test_pair[1])
    np.testing.assert_array_equal(found.train[1], LABELS)
    np.testing.assert_array_equal(found.test[0], found.train[0][:4])
    assert found.test[1].dtype == np.int64


def test_half_a_test_pair(pair):
    with pytest.raises(
        ValueError, match=r"^idx: got one of test_images and test_labels, needs both or neither"
    ):
        data.idx(*pair, test_images=pair[0])


def test_other_number_of_labels(pair):
    write(pair[1], LABELS[:-1])
    with pytest.raises(
        ValueError, match=re.escape(f"idx: {pair[0]} with {pair[1]}: got 19 labels for 20 images")
    ):
        data.idx(*pair)


def test_images_and_labels_exchanged(pair):
    with pytest.raises(ValueError, match=re.escape("images: got shape (20,), needs (N, H, W)")):
        data.idx(pair[1], pair[0])


@pytest.mark.parametrize("keep", range(len(encode(LABELS))))
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_truncated_anywhere(tmp_path, keep, pack):
    path = tmp_path / "short"
    path.write_bytes(pack(encode(LABELS)[:keep]))
    with pytest.raises(ValueError, match=f"^idx: {re.escape(str(path))}: got .*, needs "):
        read_idx(path)


@pytest.mark.parametrize("keep", [2, 5, 11, 20, -9, -8, -4, -1])
def test_truncated_compressed_file(tmp_path, keep):
    path = tmp_path / "short.gz"
    path.write_bytes(gzip.compress(encode(LABELS))[:keep])
    with pytest.raises(ValueError, match=f"^idx: {re.escape(str(path))}: got damaged gzip data .*, needs "):
        read_idx(path)


def test_damaged_compressed_file(tmp_path):
    content = bytearray(gzip.compress(encode(np.arange(99, dtype=np.int32))))
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "damaged.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^idx: {re.escape(str(path))}: got "):
        read_idx(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got the first bytes of an empty file, needs an IDX file"),
        (b"\x89PNG\r\n\x1a\n" * 3, "got the first bytes 89 50 4e 47, needs an IDX file"),
        (b"\0\0\x07\x01\0\0\0\1x", "got the first bytes 00 00 07 01, needs an IDX file"),
        (b"\0\0\x08\x00x", "got the first bytes 00 00 08 00, needs an IDX file"),
        (encode(LABELS) + b"x", "got more bytes of values, needs 20 for shape (20,)"),
        (
            b"\0\0\x08\x03" + b"\xff" * 12 + b"abc",
            "got 3 bytes of values, needs 79228162458924105385300197375 for",
        ),
    ],
)
def test_another_file(tmp_path, content, message):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="^" + re.escape(f"idx: {path}: {message}")):
        read_idx(path)


def test_missing_file(pair, tmp_path):
    path = tmp_path / "nothing"
    with pytest.raises(FileNotFoundError, match=re.escape(f"idx: {path}: no such file")):
        data.idx(pair[0], path)


def test_a_directory(pair, tmp_path):
    with pytest.raises(ValueError, match=re.escape(f"idx: {tmp_path}: is a directory, needs to be an IDX")):
        data.idx(pair[0], tmp_path)


@pytest.mark.parametrize("path", [3, None, b"file"])
def test_what_is_no_path(path):
    with pytest.raises(
        TypeError, match=f"^idx: path: got {type(path).__name__}, needs a str or an os.PathLike$"
    ):
        data.idx(path, path)
