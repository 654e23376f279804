"""The HDF5 file in a `.keras` file: arrays by the place of their layer, read only where they fit."""

import importlib
import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from fastconv import exchange
from fastconv.types import Array, Shape

FLOATS = (2, 4, 8)
"""Bytes of the floats that are read."""

SHOWN = 200
"""Characters of an error of h5py's."""

_BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, AttributeError, MemoryError)
"""What h5py raises for a broken file."""


@contextmanager
def opened(data: bytes) -> Iterator["Weights"]:
    """The arrays in an HDF5 file of these bytes; ImportError without h5py, ValueError for no such file."""
    try:
        h5py = importlib.import_module("h5py")
    except ImportError as error:
        raise ImportError("keras.load: needs h5py: pip install 'fastconv[keras]'") from error
    try:
        file = h5py.File(io.BytesIO(data), "r")
    except _BROKEN as error:
        raise ValueError(f"its weights are no HDF5 file: {str(error)[:SHOWN]}") from None
    try:
        yield Weights(h5py, file, len(data))
    finally:
        file.close()


class Weights:
    """The arrays of an open file.

    Links out of the file and filters, which are programs that HDF5 loads, are refused, and so is a file whose
    arrays take more bytes than it has.
    """

    def __init__(self, h5py: Any, file: Any, size: int) -> None:
        self._h5py = h5py
        self._file = file
        self._left = size

    def array(self, path: str, shape: Shape, dtype: np.dtype[Any]) -> Array:
        """The array at a path, of this shape, as `dtype`; ValueError, with the path, for anything else."""
        try:
            return self._array(path, shape, dtype)
        except _BROKEN as error:
            text = str(error.args[0] if error.args else error)
            raise ValueError(f"weights {path}: {text[:SHOWN]}") from None

    def _array(self, path: str, shape: Shape, dtype: np.dtype[Any]) -> Array:
        found = self._file
        for name in path.split("/"):
            kind = found.get(name, getlink=True) if isinstance(found, self._h5py.Group) else None
            if not isinstance(kind, self._h5py.HardLink):
                raise ValueError(
                    f"there is no {name!r} in the file" if kind is None else f"{name!r} is a link"
                )
            found = found[name]
        if not isinstance(found, self._h5py.Dataset) or found.shape != shape:
            got = f"shape {found.shape}" if isinstance(found, self._h5py.Dataset) else "a group"
            raise ValueError(f"got {got}, needs shape {shape}")
        self._check_storage(found)
        half = _is_bfloat16(found)
        if not half and (found.dtype.kind != "f" or found.dtype.itemsize not in FLOATS):
            raise ValueError(f"got {found.dtype}, needs floats")
        values = np.asarray(found[()])
        if half:
            values = exchange.from_bfloat16(values.view(np.uint16)).reshape(shape)
        return values.astype(dtype)

    def _check_storage(self, found: Any) -> None:
        """ValueError for an array that is not as many bytes of this file as its elements take."""
        if found.external or found.is_virtual or found.id.get_create_plist().get_nfilters():
            raise ValueError("got an array in another file or behind a filter, needs it as it is")
        size = math.prod(found.shape) * found.dtype.itemsize
        if found.id.get_storage_size() != size or size > self._left:
            raise ValueError(f"got {size} bytes, which the file does not have")
        self._left -= size


def _is_bfloat16(found: Any) -> bool:
    """Whether an array holds the upper halves of float32, as Keras writes bfloat16."""
    return found.dtype.kind == "V" and found.dtype.itemsize == 2 and found.attrs.get("dtype") == "bfloat16"
