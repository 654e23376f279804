"""Functions that Python calls without Numba's wrapper: they get addresses of objects, and return one."""

import ctypes
from typing import Any

import numpy as np
from numba import njit, types

from ..cache import KernelCache
from ..once import once
from . import layouts

_FASTCALL = 0x80
"""METH_FASTCALL: Python hands over the addresses of the arguments and their number."""


class _Method(ctypes.Structure):
    """A function in C as Python's PyMethodDef describes it."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("code", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


_living: list[Any] = []
"""Methods and compiled functions, which must live on: Python and machine code hold their addresses."""


def callable_from_python(function: Any, bound: np.ndarray) -> Any:
    """A function that Python calls: machine code of (id of `bound`, address of arguments, their number)."""
    method = _Method(function.__name__.encode(), machine_code(function), _FASTCALL, None)
    _living.append(method)
    new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.POINTER(_Method), ctypes.py_object, ctypes.c_void_p)
    return new(("PyCFunction_NewEx", ctypes.pythonapi))(method, bound, None)


@once
def machine_code(function: Any) -> int:
    """Where the machine code of a function of three words begins, as C calls it; kept on disk."""
    compiled = njit(error_model="numpy", no_cpython_wrapper=True)(function)
    compiled._cache = KernelCache(function)
    compiled.compile((types.int64,) * 3)
    _living.append(compiled)
    (found,) = compiled.overloads.values()
    return int(found.library.get_pointer_to_function(found.fndesc.llvm_cfunc_wrapper_name))


@once
def head() -> tuple[Any, ...]:
    """The objects with which every table begins that machine code reads (see `objects`)."""
    functions = np.array(layouts.numpy_functions(), np.int64)
    return functions, np.ndarray, None, NotImplemented, np.dtype(np.uint8)
