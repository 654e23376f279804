"""A model's outputs, planned: one walk of machine code for inputs of one shape, layout and type."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.plan.places import Places
from fastconv.plan.program import Instance, Program
from fastconv.plan.record import Operation, Recording, UnplannedError
from fastconv.plan.rules import rewritten
from fastconv.types import Array


class Prediction:
    """What a function of one array computes, for arrays like `x`; a call gives a new array each time.

    Any number of threads may call it at once: each has memory of its own. UnplannedError where Python
    computes with the contents of arrays.

    **Arguments:**

    - `function`: what is planned.
    - `x`: an array; only its shape, its layout and its type matter.
    - `kept`: the arrays that the function reads beside x, by name: parameters and buffers.
    """

    def __init__(self, function: Callable[[Array], Array], x: Array, kept: dict[str, Array]) -> None:
        from fastconv import kernels
        from fastconv.kernels.engine import walk

        self._engine = walk
        recording = Recording(kernels)
        given = like(x)
        y = recording.run(function, given)
        if not isinstance(y, np.ndarray):
            raise UnplannedError(f"the output is a {type(y).__name__}")
        places = Places([given], recording.trace.made, kept.values())
        self.operations: list[Operation] = rewritten(recording, places, [y])
        place = places.find(y)
        if place is None or place.root < places.given:
            raise UnplannedError("the output is the input, or a parameter")
        launches = [launch for operation in self.operations for launch in operation.launches]
        settling, watched = _settling(launches, recording.trace.settled, places)
        self._found, self._held = _watched(watched, recording, launches, settling, places)
        self.program = Program(launches, places, [place.root], settling)
        self._shape, self._strides, self._dtype = y.shape, y.strides, y.dtype
        self._offset, self._root = place.offset, places.roots[place.root]
        self._whole = y.flags.c_contiguous and y.nbytes == self._root.nbytes
        self._settling = len(settling)
        self._idle: list[Instance] = []

    def __call__(self, x: Array) -> Array:
        """The outputs for an array like that of the plan."""
        engine, idle = self._engine, self._idle
        instance = idle.pop() if idle else self.program.instance()
        memory, y = self._result()
        instance.bases[0] = engine.address(x)
        instance.bases[-1] = engine.address(memory)
        engine.walk(instance.steps, instance.patches, instance.bases, self._settling, self._found, self._held)
        idle.append(instance)
        return y

    def _result(self) -> tuple[Array, Array]:
        """New memory for the output, and the output in it."""
        if self._whole:
            y = np.empty(self._shape, self._dtype)
            return y, y
        memory = np.empty(self._root.nbytes, np.uint8)
        return memory, np.ndarray(self._shape, self._dtype, memory, self._offset, self._strides)


def _watched(
    arrays: list[Array], recording: Recording, launches: list[Any], settling: list[int], places: Places
) -> tuple[Array, Array]:
    """The digests of parameters, as they are found and as they were; what finds them is launched first."""
    from fastconv.kernels.memory.digest import digest, table_of

    table = table_of(arrays)
    found, held = np.zeros(len(table), np.int64), np.zeros(len(table), np.int64)
    if settling:
        places.keep(table, found)
        launches.insert(0, recording.launched(digest, table, found))
        settling[:] = [0, *(index + 1 for index in settling)]
    return found, held


def _settling(launches: list[Any], settled: list[Array], places: Places) -> tuple[list[int], list[Array]]:
    """The launches that make arrays of parameters alone, and the parameters."""
    roots = {place.root for array in settled if (place := places.find(array)) is not None}
    made: set[int] = set()
    indices: list[int] = []
    watched: dict[int, Array] = {}
    for index, launch in enumerate(launches):
        arrays = [argument for argument in launch.arguments if isinstance(argument, np.ndarray)]
        found = {place.root for array in arrays if (place := places.find(array)) is not None}
        new = found - made
        if not found or not new or not new <= roots:
            continue
        indices.append(index)
        made |= found
        watched |= {a.ctypes.data: a for a in arrays if a.size and places.is_kept(a)}
    return indices, list(watched.values())


def like(x: Array) -> Array:
    """An array of the same shape, strides and type, in memory that is not touched."""
    low, high = np.lib.array_utils.byte_bounds(x)
    memory = np.empty(high - low + 64, np.uint8)
    start = -memory.ctypes.data % 64 + x.ctypes.data - low
    array = np.ndarray(x.shape, x.dtype, memory, start, x.strides)
    array.flags.writeable = False
    return array
