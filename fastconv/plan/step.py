"""A step of training, planned: the forward pass with the loss, then the gradients with the update."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fastconv.plan.places import Places
from fastconv.plan.prediction import like
from fastconv.plan.program import Program
from fastconv.plan.record import Operation, Recording, UnplannedError
from fastconv.plan.rules import rewritten
from fastconv.types import Array

UPDATES = "adam", "sgd", "rmsprop"
"""The operations that change parameters in place."""


class Traced(NamedTuple):
    """The two halves of a step, as functions."""

    forward: Callable[..., Array]
    """(x, y, ...) -> the model's output; the loss is what it has computed last."""
    update: Callable[[], None]
    """Computes the gradients and updates the parameters."""


class Step:
    """What a step computes, for batches like the one given: `forward`, then `update`.

    UnplannedError where Python computes with the contents of arrays.

    **Arguments:**

    - `traced`: the functions that are planned.
    - `batch`: arrays, of which only shape, layout and type matter.
    - `kept`: gives the arrays that stay from step to step: parameters, buffers, the optimizer's state.
    """

    def __init__(self, traced: Traced, batch: tuple[Array, ...], kept: Callable[[], list[Array]]) -> None:
        from fastconv import kernels
        from fastconv.kernels.engine import walk
        from fastconv.kernels.optimizer import NUMBERS

        self._engine = walk
        recording = Recording(kernels)
        trace, given = recording.trace, [like(array) for array in batch]
        output = recording.run(traced.forward, *given)
        if len(trace.numbers) != 1:
            raise UnplannedError("the loss is computed outside the operations")
        halfway = recording.operations[-1]
        recording.run(traced.update)
        if trace.refused:
            raise UnplannedError(trace.refused)
        self._loss = trace.numbers[0]
        updates = [operation for operation in recording.operations if operation.name in UPDATES]
        places = Places(given, trace.made, [*kept(), *trace.given])
        outside = [self._loss, *trace.verdicts, *(array for array, _ in trace.filled)]
        for array in (*outside, *(array for operation in updates for array in operation.reads)):
            places.stay(array)
        self.operations = rewritten(recording, places, [output, *outside])
        place = places.find(output)
        if place is None or place.root < places.given:
            raise UnplannedError("the output is the input, or a parameter")
        self._numbers = trace.given
        self._told: list[Any] = [NUMBERS[operation.name] for operation in updates]
        self._filled, self._verdicts = trace.filled, trace.verdicts
        self._output, self._root, self._offset = output, places.roots[place.root], place.offset
        launches, self._split = self._in_halves(halfway)
        self.program = Program(launches, places, [place.root])
        self._instance = self.program.instance()
        instance, split = self._instance, self._split
        self._halves = instance.steps[:split], instance.steps[split:]
        self._none, self._unpatched = np.zeros(0, np.int64), np.zeros((0, 3), np.int64)

    def _in_halves(self, halfway: Operation) -> tuple[list[Any], int]:
        """All launches, and how many of them belong to the forward pass."""
        launches: list[Any] = []
        split = 0
        for operation in self.operations:
            launches += operation.launches
            if halfway in (operation, *operation.fused):
                split = len(launches)
        return launches, split

    def forward(self, *batch: Array) -> tuple[Array, float, bool]:
        """The output and the loss of a batch, and whether an operation refuses what the batch holds."""
        for array, function in self._filled:
            array[...] = function()
        engine, instance = self._engine, self._instance
        memory = np.empty(self._root.nbytes, np.uint8)
        for index, array in enumerate(batch):
            instance.bases[index] = engine.address(array)
        instance.bases[-1] = engine.address(memory)
        engine.walk(self._halves[0], instance.patches, instance.bases, 0, self._none, self._none)
        output, refused = self._output, any(verdicts.any() for verdicts in self._verdicts)
        y: Array = np.ndarray(output.shape, output.dtype, memory, self._offset, output.strides)
        return y, float(self._loss[0]), refused

    def update(self, numbers: list[tuple[Any, ...]]) -> None:
        """The gradients of the last batch, and the update; `numbers` are what each update is told."""
        for array, function, told in zip(self._numbers, self._told, numbers, strict=True):
            array[:] = function(*told)
        instance = self._instance
        self._engine.walk(self._halves[1], self._unpatched, instance.bases, 0, self._none, self._none)
