"""The programs of a function, and the function that Python calls to find and replay them."""

import ctypes
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from ..native.entry import callable_from_python, head, machine_code
from ..native.layouts import known
from ..native.objects import FIRST
from ..once import once
from . import machine, recording
from .machine import PROBES, PROGRAMS
from .recording import Recording, UnrepeatableError

_lock = threading.Lock()
_age = 0
"""How often all programs were forgotten."""
_tables: weakref.WeakSet["Table"] = weakref.WeakSet()


class Program(np.ndarray):
    """The words of a program, and what they refer to."""

    kept: list[Any]


class Table:
    """The programs of one function; `replay` is called with its arguments (see `machine.replay`)."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._objects = np.full(FIRST + PROGRAMS, None)
        self._objects[:FIRST] = head()
        self._turn = 0
        self.replay = callable_from_python(machine.replay, self._objects)
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


@once
def table_of(function: Callable[..., Any]) -> Table | None:
    """The one table of a function; None where machine code cannot read the arguments of a call."""
    return Table(function) if known() else None


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
    function = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)(machine_code(machine.place))
    return int(function(objects.ctypes.data, len(arguments), id(np.ndarray)))
