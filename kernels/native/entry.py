"""Functions that Python calls without Numba's wrapper: they get addresses of objects, and return one."""

import ctypes
import functools
from importlib import import_module
from typing import Any

import numpy as np
from numba import njit, types

from ..cache import KernelCache

_FASTCALL = 0x80
"""How Python calls it: with the addresses of the arguments, and their number."""
_NUMPY = 94, 282, 76
"""NewFromDescr, SetBaseObject, Return: places in the table of functions that NumPy promises to extensions."""


class _Method(ctypes.Structure):
    """What Python wants to know of a function in C."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("code", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_methods: list[_Method] = []
"""They have to live as long as their functions."""


def callable_from_python(function: Any, own: np.ndarray) -> Any:
    """A function of Python's, that is machine code of (own, addresses of arguments, their number)."""
    method = _Method(function.__name__.encode(), machine_code(function), _FASTCALL, None)
    _methods.append(method)
    new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.POINTER(_Method), ctypes.py_object, ctypes.c_void_p)
    return new(("PyCFunction_NewEx", ctypes.pythonapi))(method, own, None)


@functools.cache
def machine_code(function: Any) -> int:
    """Where the machine code of a function of three words begins, as C calls it; kept on disk."""
    compiled = njit(error_model="numpy", no_cpython_wrapper=True)(function)
    compiled._cache = KernelCache(function)
    compiled.compile((types.int64,) * 3)
    (found,) = compiled.overloads.values()
    return int(found.library.get_pointer_to_function(found.fndesc.llvm_cfunc_wrapper_name))


def _numpy_functions() -> np.ndarray:
    """Where the functions begin that make an array, set the owner of its memory, make it a scalar."""
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    capsule = import_module("numpy._core._multiarray_umath")._ARRAY_API
    start = pointer(("PyCapsule_GetPointer", ctypes.pythonapi))(capsule, None)
    functions = ctypes.cast(start, ctypes.POINTER(ctypes.c_void_p))
    return np.array([functions[place] for place in _NUMPY], np.int64)


HEAD = _numpy_functions(), np.ndarray, None, NotImplemented, np.dtype(np.uint8)
"""What begins every table of objects that machine code reads (see `objects`)."""
