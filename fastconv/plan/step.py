"""A step of training, planned: the forward pass with the loss, then the gradients with the update."""

from collections.abc import Callable
from typing import Any

from fastconv.plan.halves import Halves
from fastconv.plan.places import Places
from fastconv.plan.record import Operation, Recording, UnplannedError, like
from fastconv.types import Array

UPDATES = "adam", "sgd", "rmsprop"
"""The operations that change parameters in place."""


class Step(Halves):
    """What a step computes, for batches like the one given: `forward`, then `update`.

    UnplannedError where Python computes with the contents of arrays.

    **Arguments:**

    - `forward`: (x, y) -> the model's output; the loss is what it has computed last.
    - `update`: computes the gradients and updates the parameters.
    - `batch`: x and y, of which only shape, layout and type matter.
    - `kept`: gives the arrays that stay from step to step: parameters, buffers, the optimizer's state.
    - `memory`: that of another step, which does not run at the same time; None for none.
    """

    kind = "step"

    def __init__(
        self,
        forward: Callable[[Array, Array], Array],
        update: Callable[[], None],
        batch: tuple[Array, Array],
        kept: Callable[[], list[Array]],
        memory: Array | None = None,
    ) -> None:
        from fastconv import kernels
        from fastconv.kernels.optimizer import NUMBERS

        recording = Recording(kernels)
        trace, given = recording.trace, [like(array) for array in batch]
        output = recording.run(forward, *given)
        if len(trace.numbers) != 1:
            raise UnplannedError("the loss is computed outside the operations")
        halfway = recording.operations[-1]
        recording.run(update)
        self._loss, self._numbers, kept_ = trace.numbers[0], trace.given, kept()
        updates = [operation for operation in recording.operations if operation.name in UPDATES]
        self._rules: list[Any] = [NUMBERS[operation.name] for operation in updates]
        self._told: list[Any] = [None] * len(updates)
        _undivided(recording.operations, updates)
        places = Places(given, trace.made, [*kept_, *self._numbers])
        for array in (array for operation in updates for array in operation.reads):
            places.stay(array)
        super().__init__(recording, places, halfway, output, [self._loss], kept_, memory)

    def forward(self, x: Array, target: Array) -> tuple[Array, float, bool]:
        """The output and the loss of a batch, and whether an operation refuses what the batch holds."""
        y, refused = self._forward(x, target), False
        for verdicts in self._verdicts:
            refused = refused or bool(verdicts.any())
        return y, float(self._loss[0]), refused

    def update(self, numbers: list[tuple[Any, ...]]) -> None:
        """The gradients of the last batch, and the update; `numbers` are what each update is told."""
        for index, told in enumerate(numbers):
            if told != self._told[index]:
                self._numbers[index][:] = self._rules[index](*told)
                self._told[index] = told
        self._walk(self._halves[1])


def _undivided(operations: list[Operation], updates: list[Operation]) -> None:
    """Leaves updates to one worker where all else is: what another core writes is not in this one's cache."""
    others = (operation for operation in operations if operation not in updates)
    if not any(launch.workers > 1 for operation in others for launch in operation.launches):
        for operation in updates:
            operation.launches = [launch._replace(workers=1) for launch in operation.launches]
