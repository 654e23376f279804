"""Where CPython and NumPy keep the fields of objects: the only place that knows, and checks that it is right.

The offsets are public in Python's and NumPy's headers, but each release may move them, and machine code that
reads at a wrong one ends the process. So nothing reads a field before `known` has found, once in a process,
that objects whose content is known look as expected. Where they do not, or the build is one that nobody
tested, every call runs the plain way: Numba's own, with the same bits.
"""

import ctypes
import sys
import sysconfig
from importlib import import_module

import numpy as np

from ..once import once

NEWEST = 3, 14
"""The newest Python that the offsets were tested on."""
NUMPY = 2
"""The major version of NumPy, which promises its extensions not to move a field before the next."""
_ABI = 0x02000000
"""What NumPy's own functions say of that promise."""

WORD = 8
"""Bytes of one word."""
COUNT, TYPE = 0, WORD
"""Of any object: its count of references, half a word, and its type."""
LENGTH, ITEMS = 2 * WORD, tuple.__basicsize__
"""Of a tuple."""
DATA, AXES, DIMENSIONS, STEPS = (2 * WORD + i * WORD for i in range(4))
DTYPE, FLAGS = 7 * WORD, 8 * WORD
"""Of an array: the address of its elements, how many axes, the addresses of their lengths and steps, ..."""
ALIGNED, WRITEABLE = 0x100, 0x400
"""Flags of an array."""
_FUNCTIONS = 94, 282, 76
"""NewFromDescr, SetBaseObject, Return: their indices in NumPy's table of functions for extensions."""


def known() -> bool:
    """Whether machine code may read the fields of Python's objects in this process."""
    return not difference()


@once
def difference() -> str:
    """How this process differs from those that the offsets were tested on; empty where it does not."""
    return _build() or next((f"fields of {name}" for name, found in _LOOKS.items() if not found()), "")


def numpy_functions() -> list[int]:
    """Where NumPy's functions begin that make an array, set the owner of its memory, make it a scalar."""
    table = _numpy_table()
    return [table[index] for index in _FUNCTIONS]


def _build() -> str:
    if sys.implementation.name != "cpython":
        return sys.implementation.name
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "threads without a lock"
    if ctypes.sizeof(ctypes.c_void_p) != WORD or sys.byteorder != "little":
        return f"{8 * ctypes.sizeof(ctypes.c_void_p)} bits, {sys.byteorder}-endian"
    if object.__basicsize__ != 2 * WORD:
        return "a header of objects of another size"
    if sys.version_info[:2] > NEWEST:
        return "Python {}.{} is newer than {}.{}".format(*sys.version_info[:2], *NEWEST)
    major = int(np.__version__.split(".")[0])
    return "" if major == NUMPY else f"NumPy {major} is not {NUMPY}"


def _numpy_table() -> "ctypes._Pointer[ctypes.c_void_p]":
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    capsule = import_module("numpy._core._multiarray_umath")._ARRAY_API
    start = pointer(("PyCapsule_GetPointer", ctypes.pythonapi))(capsule, None)
    return ctypes.cast(start, ctypes.POINTER(ctypes.c_void_p))


def _word(address: int) -> int:
    return ctypes.c_int64.from_address(address).value


def _half(address: int) -> int:
    return ctypes.c_int32.from_address(address).value


def _words(pointer: int, count: int) -> tuple[int, ...]:
    return tuple(_word(_word(pointer) + i * WORD) for i in range(count))


def _integer() -> bool:
    number = 1 << 40
    return _word(id(number) + TYPE) == id(int)


def _tuple() -> bool:
    items = object(), 3.5, ("inner",)
    read = [_word(id(items) + ITEMS + i * WORD) for i in range(len(items))]
    return _word(id(items) + LENGTH) == len(items) and read == [id(item) for item in items]


def _array() -> bool:
    whole = np.arange(24, dtype=np.float64).reshape(4, 6)
    locked = whole[1:, ::2]
    locked.flags.writeable = False
    return _array_is_read(whole, ALIGNED | WRITEABLE) and _array_is_read(locked, ALIGNED)


def _array_is_read(array: np.ndarray, flags: int) -> bool:
    address = id(array)
    fields = [_word(address + field) for field in (TYPE, DATA, DTYPE)]
    return (
        fields == [id(np.ndarray), array.ctypes.data, id(array.dtype)]
        and _half(address + AXES) == array.ndim
        and _half(address + FLAGS) & (ALIGNED | WRITEABLE) == flags
        and _words(address + DIMENSIONS, array.ndim) == array.shape
        and _words(address + STEPS, array.ndim) == array.strides
    )


def _count() -> bool:
    """An array in a list has one reference; each view of it adds one for its lifetime."""
    held = [np.empty(8)]
    count, views = id(held[0]) + COUNT, list[np.ndarray]()
    counts = [_half(count)]
    for _ in range(3):
        views.append(held[0][1:])
        counts.append(_half(count))
    views.clear()
    return [*counts, _half(count)] == [1, 2, 3, 4, 1]


def _table() -> bool:
    version = ctypes.PYFUNCTYPE(ctypes.c_uint)(_numpy_table()[0] or 0)
    return version() == _ABI


_LOOKS = {
    "integers": _integer,
    "tuples": _tuple,
    "NumPy's functions": _table,
    "arrays": _array,
    "counts of references": _count,
}
"""What is looked at, in this order: each only where those before it are as expected."""
