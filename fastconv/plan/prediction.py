"""A model's outputs, planned: one walk of machine code for inputs of one shape, layout and type."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastconv.plan.places import Places
from fastconv.plan.planned import Planned
from fastconv.plan.program import Instance, Program
from fastconv.plan.record import Recording, UnplannedError, arrays_in, like
from fastconv.plan.rules import rewritten
from fastconv.types import Array


class Prediction(Planned):
    """What a function of one array computes, for arrays like `x`; a call gives a new array each time.

    Any number of threads may call it at once: each has memory of its own. UnplannedError where Python
    computes with the contents of arrays.

    **Arguments:**

    - `function`: what is planned.
    - `x`: an array; only its shape, its layout and its type matter.
    - `kept`: the arrays that the function reads beside x, by name: parameters and buffers.
    """

    kind = "prediction"

    def __init__(self, function: Callable[[Array], Array], x: Array, kept: Mapping[str, Array]) -> None:
        from fastconv import kernels

        recording = Recording(kernels)
        given = like(x)
        y = recording.run(function, given)
        if not isinstance(y, np.ndarray):
            raise UnplannedError(f"the output is a {type(y).__name__}")
        places = Places([given], recording.trace.made, kept.values())
        operations = rewritten(recording, places, [y])
        root = places.made_root(y)
        launches = [launch for operation in operations for launch in operation.launches]
        settling, watched = _settling(launches, recording.trace.settled, places)
        self._found, self._held = _watched(watched, recording, launches, settling, places)
        self._settling = len(settling)
        super().__init__(operations, Program(launches, places, [root], settling), y)
        self._idle: list[Instance] = []

    def __call__(self, x: Array) -> Array:
        """The outputs for an array like that of the plan."""
        engine, idle = self._engine, self._idle
        instance = idle.pop() if idle else self.program.instance()
        memory, y = self._result()
        bases = instance.bases
        engine.aim(bases, x, memory, memory)
        with self._alone:
            if self._settling:
                given = self._settling, self._found, self._held
                engine.walk_settled(instance.steps, instance.patches, bases, *given)
            else:
                engine.walk(instance.steps, instance.patches, bases)
        idle.append(instance)
        return y


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


def _settling(launches: list[Any], settled: list[Any], places: Places) -> tuple[list[int], list[Array]]:
    """The launches that make arrays of parameters alone, and the parameters.

    `settled` has arrays, each with all launches that fill it.
    """
    at = {id(launch): index for index, launch in enumerate(launches)}
    made: set[int] = set()
    indices: set[int] = set()
    watched: dict[int, Array] = {}
    for array, fill in settled:
        own = places.roots_of([array])
        read = [argument for launch in fill for argument in arrays_in(launch.arguments)]
        if not (all(id(launch) in at for launch in fill) and places.roots_of(read) <= made | own):
            continue
        made |= own
        indices |= {at[id(launch)] for launch in fill}
        watched |= {array.ctypes.data: array for array in read if array.size and places.is_kept(array)}
    return sorted(indices), list(watched.values())
