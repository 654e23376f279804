"""The programs of a function, and the function that Python calls to find and replay them."""

import ctypes
import functools
import threading
import weakref
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numba import types

from ..cache import KernelCache
from . import machine, recording
from .machine import FIRST, PROBES, PROGRAMS
from .recording import Recording, UnrepeatableError

_lock = threading.Lock()
_age = 0
"""How often all programs were forgotten."""
_tables: weakref.WeakSet["Table"] = weakref.WeakSet()
_FASTCALL = 0x80
"""How Python calls it: the addresses of the arguments, and their number."""
_NEW_FROM_DESCR, _SET_BASE_OBJECT = 94, 282
"""Places in the table of functions that NumPy promises to extensions."""


class _Method(ctypes.Structure):
    """What Python wants to know of a function in C."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("code", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class Program(np.ndarray):
    """The words of a program, and what they refer to."""

    kept: list[Any]


class Table:
    """The programs of one function; `replay` is called with its arguments (see `machine.replay`)."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._objects = np.full(FIRST + PROGRAMS, None)
        self._objects[0] = _numpy_functions()
        self._objects[1:FIRST] = np.ndarray, None, NotImplemented
        self._turn = 0
        self._method = _Method(function.__name__.encode(), _code(machine.replay), _FASTCALL, None)
        new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.POINTER(_Method), ctypes.py_object, ctypes.c_void_p)
        self.replay = new(("PyCFunction_NewEx", ctypes.pythonapi))(self._method, self._objects, None)
        _tables.add(self)

    def record(self, context: Any, *arguments: Any) -> Any:
        """The function's result; what it did becomes a program for arguments of this kind in this context."""
        if not _lock.acquire(blocking=False):
            return self.function(*arguments)
        try:
            noted, age = Recording((context, *arguments)), _age
            recording.current = noted
            try:
                result = self.function(*arguments)
            finally:
                recording.current = None
            self._add(noted, result)
            if age != _age:
                self.forget()
            return result
        finally:
            _lock.release()

    def _add(self, noted: Recording, result: Any) -> None:
        try:
            program = np.array(noted.program(result), np.int64).view(Program)
        except UnrepeatableError:  # by its arguments: not even that can be written down
            return
        program.kept = noted.kept
        first = _place(noted.arguments)
        near = [FIRST + (first + probe) % PROGRAMS for probe in range(PROBES)]
        self._turn += 1
        free = (at for at in near if self._objects[at] is None)
        self._objects[next(free, near[self._turn % PROBES])] = program

    def forget(self) -> None:
        """Have no programs."""
        self._objects[FIRST:] = None


def forget() -> None:
    """What was recorded holds no longer: the threads or the choice of algorithms have changed."""
    global _age
    _age += 1
    for table in _tables:
        table.forget()


def restart() -> None:
    """After a fork: what another thread was recording will not come to an end here."""
    global _lock
    _lock = threading.Lock()
    recording.current = None
    forget()


def _place(arguments: tuple[Any, ...]) -> int:
    objects = np.array([id(argument) for argument in arguments], np.int64)
    function = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)(_code(machine.place))
    return int(function(objects.ctypes.data, len(arguments), id(np.ndarray)))


@functools.cache
def _code(function: Any) -> int:
    """Where the machine code of a function of three words begins, as C calls it."""
    function._cache = KernelCache(function.py_func)
    function.compile((types.int64,) * 3)
    (compiled,) = function.overloads.values()
    return int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_cfunc_wrapper_name))


def _numpy_functions() -> np.ndarray:
    """Where the functions begin that make an array, and that set the owner of its memory."""
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
    capsule = import_module("numpy._core._multiarray_umath")._ARRAY_API
    start = pointer(("PyCapsule_GetPointer", ctypes.pythonapi))(capsule, None)
    functions = ctypes.cast(start, ctypes.POINTER(ctypes.c_void_p))
    return np.array([functions[_NEW_FROM_DESCR], functions[_SET_BASE_OBJECT]], np.int64)
