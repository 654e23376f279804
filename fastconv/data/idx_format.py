"""IDX files, the format of MNIST: http://yann.lecun.com/exdb/mnist/ ("The IDX file format")."""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from fastconv.data.dataset import Dataset, Samples, StrPath, as_samples, dataset, existing, split
from fastconv.types import Array

DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 20


def idx(
    images: StrPath,
    labels: StrPath,
    test_images: StrPath | None = None,
    test_labels: StrPath | None = None,
    test_fraction: float = 0.2,
    seed: int = 0,
) -> Dataset:
    """Read images and labels in the IDX format (MNIST and its relatives), plain or gzip-compressed.

    Without a test pair, `test_fraction` of every class is set apart, chosen by `seed`.

    Raises FileNotFoundError for a missing file, ValueError for one that is not whole or not IDX,
    and for numbers of images and labels that differ; the message names the file.
    """
    if (test_images is None) != (test_labels is None):
        raise ValueError("idx: got one of test_images and test_labels, needs both or neither")
    train = _pair(images, labels)
    if test_images is None or test_labels is None:
        train, test = split(train, test_fraction, seed, f"idx: {images}")
    else:
        test = _pair(test_images, test_labels)
    return dataset(train, test, str(images), f"idx: {images}")


def _pair(images: StrPath, labels: StrPath) -> Samples:
    return as_samples(read_idx(images), read_idx(labels), f"idx: {images} with {labels}")


def read_idx(path: StrPath) -> Array:
    """Read one IDX file, gzip-compressed or not, as an array in native byte order."""
    path = existing(path, "idx", "an IDX file")
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
        file.seek(0)
        try:
            return _read(cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file, path)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"idx: {path}: got damaged gzip data ({error}), needs the whole file") from error


def _read(stream: BinaryIO, path: Path) -> Array:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in DTYPES or not magic[3]:
        raise ValueError(
            f"idx: {path}: got the first bytes {magic.hex(' ') or 'of an empty file'}, needs an IDX file, "
            "such as 00 00 08 03 for images and 00 00 08 01 for labels"
        )
    lengths = stream.read(4 * magic[3])
    if len(lengths) < 4 * magic[3]:
        raise ValueError(f"idx: {path}: got a header of {4 + len(lengths)} bytes, needs {4 + 4 * magic[3]}")
    shape = struct.unpack(f">{magic[3]}I", lengths)
    dtype = np.dtype(DTYPES[magic[2]])
    size = math.prod(shape) * dtype.itemsize
    data = _take(stream, size + 1)
    if len(data) != size:
        got = "more" if len(data) > size else str(len(data))
        raise ValueError(f"idx: {path}: got {got} bytes of values, needs {size} for shape {shape}")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _take(stream: BinaryIO, size: int) -> bytearray:
    """Up to `size` bytes, without setting aside what a damaged header promises."""
    data = bytearray()
    while chunk := stream.read(min(size - len(data), CHUNK)):
        data += chunk
    return data
