"""Arrays of ONNX files: sizes checked before anything is allocated, half precision widened."""

import math
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastconv import exchange
from fastconv.types import Array

MOST_AXES = 32
TYPES: dict[int, tuple[str, DTypeLike, str]] = {
    1: ("float32", "<f4", "float_data"),
    2: ("uint8", "u1", "int32_data"),
    3: ("int8", "i1", "int32_data"),
    4: ("uint16", "<u2", "int32_data"),
    5: ("int16", "<i2", "int32_data"),
    6: ("int32", "<i4", "int32_data"),
    7: ("int64", "<i8", "int64_data"),
    9: ("bool", "?", "int32_data"),
    10: ("float16", "<f2", "int32_data"),
    11: ("float64", "<f8", "double_data"),
    12: ("uint32", "<u4", "uint64_data"),
    13: ("uint64", "<u8", "uint64_data"),
    16: ("bfloat16", "<u2", "int32_data"),
}
"""By the number of a type in the format: its name, its bytes in NumPy, the field of its numbers."""
FIELDS = {
    "float_data": np.float32,
    "double_data": np.float64,
    "int32_data": np.int32,
    "int64_data": np.int64,
    "uint64_data": np.uint64,
}
HALVES = "float16", "bfloat16"
FLOATS = "float32", "float64", *HALVES
EXTERNAL = 1
FOREIGN = set("\\:\0")
"""What may not stand in the name of a file with data: it means another folder on some system."""


class Tensors:
    """Makes arrays of the tensors of one file.

    **Arguments:**

    - `folder`: where the file lies, in which data beside it may lie; None: nowhere.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.halves = set[str]()
        """The types that were widened to float32."""

    def array(self, tensor: Any) -> Array:
        """The numbers of a tensor, half precision as float32; ValueError where size and content differ."""
        name, stored, field = type_of(tensor.data_type)
        dims = tuple(tensor.dims)
        if len(dims) > MOST_AXES or any(size < 0 for size in dims):
            raise ValueError(f"got dims {dims[:8]}, needs at most {MOST_AXES} sizes of at least 0")
        dtype, count = np.dtype(stored), math.prod(dims)
        if tensor.HasField("segment"):
            raise ValueError("got a part of a tensor, needs a whole one")
        if tensor.data_location == EXTERNAL:
            flat = np.frombuffer(self._outside(tensor, count * dtype.itemsize), dtype)
        elif tensor.HasField("raw_data"):
            _same("bytes", len(tensor.raw_data), count * dtype.itemsize, dims)
            flat = np.frombuffer(tensor.raw_data, dtype)
        else:
            numbers = getattr(tensor, field)
            _same("numbers", len(numbers), count, dims)
            flat = np.array(numbers, FIELDS[field]).astype("<u2" if name in HALVES else dtype).view(dtype)
        return self._widened(flat, name).reshape(dims)

    def _widened(self, flat: Array, name: str) -> Array:
        """Half precision as float32, what it was noted; other types in the machine's byte order."""
        if name in HALVES:
            self.halves.add(name)
        if name == "bfloat16":
            return exchange.from_bfloat16(flat)
        kind = np.float32 if name == "float16" else flat.dtype.newbyteorder("=")
        return flat.astype(kind, copy=False)

    def _outside(self, tensor: Any, size: int) -> bytes:
        """The bytes of a tensor in another file of the folder; ValueError for a place outside of it."""
        entries = {text(entry.key): text(entry.value) for entry in tensor.external_data}
        location = entries.get("location", "")
        if self.folder is None:
            raise ValueError("got data in another file, needs a model in a file beside it")
        place = PurePosixPath(location)
        if not location or not FOREIGN.isdisjoint(location) or place.is_absolute() or ".." in place.parts:
            raise ValueError(f"got data in {location[:80]!r}, needs a file inside the model's folder")
        folder = self.folder.resolve()
        path = (folder / location).resolve()
        if not path.is_relative_to(folder):
            raise ValueError(f"got data in {location[:80]!r}, which leads out of the model's folder")
        if not path.is_file():
            raise FileNotFoundError(f"load: {path}: the file with the model's data is missing")
        try:
            offset, length = int(entries.get("offset") or 0), int(entries.get("length") or size)
        except ValueError:
            raise ValueError("got an offset or a length that is no whole number") from None
        _same("bytes", length, size, tuple(tensor.dims))
        if not 0 <= offset <= path.stat().st_size - length:
            got = f"{length} bytes from {offset} on"
            raise ValueError(f"got {got}, needs a part of {location!r} with its {path.stat().st_size}")
        with path.open("rb") as file:
            file.seek(offset)
            content = file.read(length)
        _same("bytes", len(content), size, tuple(tensor.dims))
        return content


def text(value: str | bytes) -> str:
    """A name in a file, which is bytes where it is not UTF-8, in characters that can be printed."""
    name = value.decode(errors="replace") if isinstance(value, bytes) else value
    return name if name.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in name)


def type_of(number: int) -> tuple[str, DTypeLike, str]:
    """The entry of `TYPES`; ValueError for a type that no layer here takes."""
    if number not in TYPES:
        needs = "floats, integers or truth values"
        raise ValueError(f"got elements of ONNX's type {number}, needs {needs}")
    return TYPES[number]


def _same(what: str, got: int, wanted: int, dims: tuple[int, ...]) -> None:
    if got != wanted:
        raise ValueError(f"got {got} {what} for a tensor of dims {dims[:8]}, needs {wanted}")
