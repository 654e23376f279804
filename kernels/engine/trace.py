"""What kernels would do, noted and not done: the launches of a computation, on arrays without contents.

While a thread traces, a call of a kernel is noted, with the arrays and numbers that it was given, and nothing
is computed; `memory.buffers` hands out memory that nobody has touched, so that a trace costs no memory.
"""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core.datamodel import default_manager

from .machine import aligned

_FIELDS = default_manager.lookup(types.float64[::1])._fields
_BEFORE_ADDRESS, _BESIDES = _FIELDS.index("data"), len({*_FIELDS} - {"shape", "strides"})
"""Words of an array among a kernel's arguments: before the address of its elements, and besides its axes."""
_OWNERS = tuple(_FIELDS.index(name) for name in ("meminfo", "parent"))
"""Those by which Numba counts references, which nobody does in a plan: it keeps its arrays."""


class Launch(NamedTuple):
    """A call of a kernel: its function, what it was given, and how its jobs are dealt."""

    kernel: Any
    arguments: tuple[Any, ...]
    jobs: int
    workers: int
    region: int

    def touches(self, array: np.ndarray) -> bool:
        """Whether an argument shares memory with an array."""
        arrays = (argument for argument in self.arguments if isinstance(argument, np.ndarray))
        return any(np.may_share_memory(argument, array) for argument in arrays)

    def laid_out(
        self, entry_point: Callable[..., None]
    ) -> tuple[int, list[int], list[tuple[int, np.ndarray]]]:
        """The address of its task, the words of its arguments, and which of them are addresses of arrays.

        `entry_point` is the machine code of the kernel.
        """
        at, places, cleared = 0, list[tuple[int, np.ndarray]](), list[int]()
        for argument in self.arguments:
            if isinstance(argument, np.ndarray):
                places.append((at + _BEFORE_ADDRESS, argument))
                cleared += [at + owner for owner in _OWNERS]
                at += _BESIDES + 2 * argument.ndim
            else:
                at += 1
        memory = np.zeros(1 + at, np.int64)
        entry_point(*self.arguments, 0, 0, 0, memory.ctypes.data)
        task, *words = memory.tolist()
        for index in cleared:
            words[index] = 0
        return task, words, places


class Trace:
    """What one thread traces."""

    def __init__(self) -> None:
        self.launches: list[Launch] = []
        self.made: list[np.ndarray] = []
        """Arrays for which there is memory, in order."""
        self._since: dict[int, int] = {}
        """How many launches there were when the array at an address was made."""
        self.settled: list[tuple[np.ndarray, list[Launch]]] = []
        """Those of them that may depend on parameters alone, each with the launches that fill it."""
        self.verdicts: list[np.ndarray] = []
        """Those in which a kernel reports what it could not do, in words that are else zero."""
        self.numbers: list[np.ndarray] = []
        """Arrays whose only element was asked for as a number."""
        self.given: list[np.ndarray] = []
        """Arrays of numbers that another run of the same launches gets anew."""
        self.filled: list[tuple[np.ndarray, Callable[[], np.ndarray]]] = []
        """Arrays that Python fills before the launches, each with the function that gives its contents."""
        self.refused = ""
        """Why the launches do not do all, if they do not."""
        self.thread = threading.get_ident()

    def make(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """An array that begins a cache line, in memory that is not touched.

        It is read-only: what Python would write into it, no launch would do again.
        """
        size = math.prod(shape) * dtype.itemsize
        array = np.ndarray(shape, dtype, aligned(size))  # what is not written to has no pages
        self.made.append(array)
        self._since[array.ctypes.data] = len(self.launches)
        locked = array.view()
        locked.flags.writeable = False
        return locked

    def settle(self, array: np.ndarray) -> None:
        """Note that no launch from now on writes to an array."""
        since = self.launches[self._since.get(array.ctypes.data, 0) :]
        fill = [launch for launch in since if launch.touches(array)]
        self.settled.append((array, fill))

    def number(self, array: np.ndarray, value: np.generic) -> np.generic:
        """Note that an element was asked for; what it is now has no meaning."""
        self.numbers.append(array)
        return value


current: Trace | None = None
"""What is traced: one computation at a time."""
age: object = object()
"""Another object whenever a setting changed on which launches depend."""
_one = threading.Lock()


def of_this_thread() -> Trace | None:
    """What this thread traces."""
    return current if current is not None and current.thread == threading.get_ident() else None


@contextmanager
def tracing(trace: Trace) -> Iterator[None]:
    """This thread traces in a `with` block; another one that wants to waits."""
    global current
    with _one:
        current = trace
        try:
            yield
        finally:
            current = None


def renew() -> None:
    """The number of threads or the choice of algorithms has changed: what was traced holds no more."""
    global age
    age = object()


def after_fork() -> None:
    """In a child made by fork: the thread that traced does not exist here, and kernels run serial."""
    global current, _one
    current, _one = None, threading.Lock()
    renew()
