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
"""How often the programs of all tables were forgotten."""
_tables: weakref.WeakSet["Table"] = weakref.WeakSet()


class Program(np.ndarray):
    """The words of a program; `alive` are the objects whose addresses are among them."""

    alive: list[Any]


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
            done, age = Recording((context, *arguments)), _age
            recording.current = done
            try:
                result = self.function(*arguments)
            finally:
                recording.current = None
            self._add(done, result)
            if age != _age:
                self.forget()
            return result
        finally:
            _lock.release()

    def _add(self, done: Recording, result: Any) -> None:
        try:
            program = np.array(done.program(result), np.int64).view(Program)
        except UnrepeatableError:  # by its arguments: not even that can be written down
            return
        program.alive = done.alive
        first = _first_slot(done.arguments)
        slots = [FIRST + (first + probe) % PROGRAMS for probe in range(PROBES)]
        self._turn += 1
        free = (slot for slot in slots if self._objects[slot] is None)
        self._objects[next(free, slots[self._turn % PROBES])] = program

    def forget(self) -> None:
        """Remove all programs."""
        self._objects[FIRST:] = None


@once
def table_of(function: Callable[..., Any]) -> Table | None:
    """The one table of a function; None where machine code cannot read the arguments of a call."""
    return Table(function) if known() else None


def forget() -> None:
    """Remove the programs of all tables: the number of threads or the choice of algorithms has changed."""
    global _age
    _age += 1
    for table in _tables:
        table.forget()


def forget_after_fork() -> None:
    """In a child made by fork: remove all programs, and end a recording whose thread does not exist here."""
    global _lock
    _lock = threading.Lock()
    recording.current = None
    forget()


def _first_slot(arguments: tuple[Any, ...]) -> int:
    objects = np.array([id(argument) for argument in arguments], np.int64)
    function = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)(machine_code(machine.first_slot))
    return int(function(objects.ctypes.data, len(arguments), id(np.ndarray)))
