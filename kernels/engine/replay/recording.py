"""What a call did, noted while Python did it: which arrays were made, which kernels ran on what.

A call whose arguments are of the same kind does the same, on other memory. It can be replayed if every array
that its kernels read is an argument, was made by `buffers` for this call, or never changes (tables of a plan
are read-only), and if it returns arrays that were made. An array that NumPy computed is none of these, so a
call that needs one is found out.
"""

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.core.datamodel import default_manager
from numpy.lib.array_utils import byte_bounds

from ..geometry import Geometry
from .machine import ARRAY, INTEGER, OBJECTS, SAME, TUPLE, WORDS

OWN_THREAD = 50_000.0
"""Work (see jit.SERIAL_WORK) up to which a replay holds Python's lock: to release it would cost as much."""
_FIELDS = default_manager.lookup(types.float64[::1])._fields
_BEFORE_ADDRESS, _BESIDES = _FIELDS.index("data"), len({*_FIELDS} - {"shape", "strides"})
"""Words of an array among a kernel's arguments: before the address of its elements, and besides its axes."""


class Made(NamedTuple):
    """An array that was made, and what hands out its memory (None: NumPy)."""

    array: np.ndarray
    memory: Callable[[], np.ndarray] | None


class UnrepeatableError(Exception):
    """What was done depends on more than the kinds of the arguments."""


class Recording:
    """The arrays and the kernels of one call."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self.arguments = arguments
        self.made: list[Made] = []
        self.kernels: list[list[int]] = []
        self.alive: list[Any] = [a for a in arguments if not isinstance(a, np.ndarray)]
        self.verdicts: list[np.ndarray] = []
        self.scalar: tuple[Any, Any] = None, None
        self.work = 0.0
        self.repeatable = True
        self.thread = threading.get_ident()
        self._objects = list(arguments)
        self._bounds = {i: byte_bounds(a) for i, a in enumerate(arguments) if isinstance(a, np.ndarray)}

    def note_array(self, array: np.ndarray, memory: Callable[[], np.ndarray] | None) -> None:
        """Note that an array was made."""
        self._bounds[len(self._objects)] = byte_bounds(array)
        self._objects.append(array)
        self.made.append(Made(array, memory))
        self.alive.append(memory)

    def note_verdicts(self, verdicts: np.ndarray) -> None:
        """Note an array of words that are zero unless a kernel met what it could not do."""
        self.verdicts.append(verdicts)

    def note_scalar(self, array: np.ndarray, scalar: Any) -> None:
        """Note that the only element of an array will be returned."""
        self.scalar = array.reshape(()), scalar

    def note_kernel(
        self,
        entry_point: Callable[..., None],
        arguments: tuple[Any, ...],
        dealt: tuple[int, int, int],
        work: float,
    ) -> None:
        """Note a kernel that is about to run; `dealt`: its jobs, workers, region."""
        try:
            relocations, words = self._relocations(arguments)
        except UnrepeatableError:
            self.repeatable = False
            return
        memory = np.zeros(1 + words, np.int64)
        entry_point(*arguments, 0, 0, 0, memory.ctypes.data)
        task, *given = memory.tolist()
        flat = [number for relocation in relocations for number in relocation]
        self.kernels.append([task, *dealt, words, len(relocations), *given, *flat])
        self.alive += [entry_point, *(a for a in arguments if isinstance(a, Geometry))]
        self.work += work

    def _relocations(self, arguments: tuple[Any, ...]) -> tuple[list[tuple[int, int, int]], int]:
        """Of each address among a kernel's words: its index, array, and offset in it; the number of words."""
        relocations, at = list[tuple[int, int, int]](), 0
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                if found := self._found(argument):
                    relocations.append((at + _BEFORE_ADDRESS, *found))
                at += _BESIDES + 2 * argument.ndim
            else:
                at += 1
        if at > WORDS:
            raise UnrepeatableError
        return relocations, at

    def _found(self, array: np.ndarray) -> tuple[int, int] | None:
        """The object that an array lies in and its distance to it; None if the array never changes."""
        low, high = byte_bounds(array)
        if low == high:
            self.alive.append(array)
            return None
        roots = [root for root, (start, end) in self._bounds.items() if start <= low and high <= end]
        if len(roots) == 1:
            return roots[0], low - self._objects[roots[0]].ctypes.data
        if not roots and _constant(array):
            self.alive.append(array)
            return None
        raise UnrepeatableError

    def program(self, result: Any) -> list[int]:
        """The words of the program, see `machine`; for a call that cannot be replayed those that say so.

        Raises UnrepeatableError where the kind of an argument cannot be written down.
        """
        needed = described(self.arguments)
        try:
            done = self._done(result if isinstance(result, tuple) else (result,))
        except UnrepeatableError:
            return [0, *needed, 0]
        return [int(self.work > OWN_THREAD), *needed, *done]

    def _done(self, results: tuple[Any, ...]) -> list[int]:
        if not self.repeatable or len(self._objects) > OBJECTS:
            raise UnrepeatableError
        element, scalar = self.scalar
        is_scalar = scalar is not None and results[0] is scalar
        arrays = (element,) if is_scalar else results
        indices = [self._made_index(array) for array in arrays]
        words = [len(self.made)]
        for i, made in enumerate(self.made):
            shown = arrays[indices.index(i)] if i in indices else made.array
            words += [0 if made.memory is None else id(made.memory), id(shown.dtype), shown.ndim]
            words += [*shown.shape, *shown.strides]
            self.alive.append(shown.dtype)
        words += [len(self.kernels), *(word for kernel in self.kernels for word in kernel)]
        words.append(len(self.verdicts))
        for verdicts in self.verdicts:
            words += [self._made_index(verdicts), verdicts.size]
        return [*words, len(indices), *([-1 - indices[0]] if is_scalar else indices)]

    def _made_index(self, array: Any) -> int:
        """The index of the made array that fills the same memory as this one."""
        for index, made in enumerate(self.made):
            if isinstance(array, np.ndarray) and array.size and byte_bounds(array) == byte_bounds(made.array):
                return index
        raise UnrepeatableError


def described(arguments: tuple[Any, ...]) -> list[int]:
    """What arguments have to be, as a program says it."""
    return [len(arguments), *(word for argument in arguments for word in _described(argument))]


def _described(value: Any) -> list[int]:
    if value is None or isinstance(value, (bool, float, str, ModuleType)):
        return [SAME, id(value)]
    if type(value) is int and abs(value) < 1 << 62:
        return [INTEGER, id(int), value]
    if type(value) is tuple:
        return [TUPLE, id(tuple), len(value), *(word for item in value for word in _described(item))]
    if type(value) is np.ndarray and _shared(value.dtype):
        return [ARRAY, id(np.ndarray), id(value.dtype), value.ndim, *value.shape, *value.strides]
    raise UnrepeatableError


def _shared(dtype: np.dtype[Any]) -> bool:
    """Whether all arrays share this object: that of an unpickled one may be freed, its address used again."""
    return dtype is np.dtype(dtype.type)


def _constant(array: Any) -> bool:
    """Whether nobody may write to this memory."""
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return False
        array = array.base
    return array is None


current: Recording | None = None
"""The recording that is being made: one at a time."""


def of_this_thread() -> Recording | None:
    """The recording that this thread is making."""
    return current if current is not None and current.thread == threading.get_ident() else None
