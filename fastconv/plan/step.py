"""A step of training, planned: the forward pass with the loss, then the gradients with the update."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastconv.plan.places import Places
from fastconv.plan.planned import UNPATCHED, Planned
from fastconv.plan.program import Instance, Program
from fastconv.plan.record import Operation, Recording, UnplannedError, like
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


class Step(Planned):
    """What a step computes, for batches like the one given: `forward`, then `update`.

    UnplannedError where Python computes with the contents of arrays.

    **Arguments:**

    - `traced`: the functions that are planned.
    - `batch`: arrays, of which only shape, layout and type matter.
    - `kept`: gives the arrays that stay from step to step: parameters, buffers, the optimizer's state.
    - `memory`: that of another step, which does not run at the same time; None for none.
    """

    kind = "step"

    def __init__(
        self,
        traced: Traced,
        batch: tuple[Array, ...],
        kept: Callable[[], list[Array]],
        memory: Array | None = None,
    ) -> None:
        from fastconv import kernels
        from fastconv.kernels.optimizer import NUMBERS

        recording = Recording(kernels)
        trace, given = recording.trace, [like(array) for array in batch]
        output = recording.run(traced.forward, *given)
        if len(trace.numbers) != 1:
            raise UnplannedError("the loss is computed outside the operations")
        halfway = recording.operations[-1]
        recording.run(traced.update)
        if trace.refused:
            raise UnplannedError(trace.refused)
        self._loss, self._kept = trace.numbers[0], kept()
        updates = [operation for operation in recording.operations if operation.name in UPDATES]
        places = Places(given, trace.made, [*self._kept, *trace.given])
        outside = [self._loss, *(array for array, _ in trace.filled)]
        for array in (*outside, *(array for operation in updates for array in operation.reads)):
            places.stay(array)
        operations = rewritten(recording, places, [output, *outside])
        first, second = in_halves(operations, halfway)
        self._verdicts = [verdicts for operation in first for verdicts in operation.verdicts]
        for verdicts in self._verdicts:
            places.stay(verdicts)
        self._numbers, self._filled = trace.given, trace.filled
        self._rules: list[Any] = [NUMBERS[operation.name] for operation in updates]
        self._told: list[Any] = [None] * len(updates)
        launches = [launch for operation in (*first, *second) for launch in operation.launches]
        split = sum(len(operation.launches) for operation in first)
        super().__init__(operations, Program(launches, places, [places.made_root(output)]), output)
        self._instance = self.program.instance(memory)
        self._halves = self._instance.steps[:split], self._instance.steps[split:]

    def forward(self, x: Array, target: Array) -> tuple[Array, float, bool]:
        """The output and the loss of a batch, and whether an operation refuses what the batch holds."""
        for array, function in self._filled:
            array[...] = function()
        engine, instance = self._engine, self._instance
        memory, y = self._result()
        engine.aim(instance.bases, x, target, memory)
        with self._alone:
            engine.walk(self._halves[0], instance.patches, instance.bases)
        refused = False
        for verdicts in self._verdicts:
            refused = refused or bool(verdicts.any())
        return y, float(self._loss[0]), refused

    def update(self, numbers: list[tuple[Any, ...]]) -> None:
        """The gradients of the last batch, and the update; `numbers` are what each update is told."""
        for index, told in enumerate(numbers):
            if told != self._told[index]:
                self._numbers[index][:] = self._rules[index](*told)
                self._told[index] = told
        with self._alone:
            self._engine.walk(self._halves[1], UNPATCHED, self._instance.bases)

    @property
    def memory(self) -> Array:
        """What the launches pass on lies here."""
        return self._instance.memory

    def _changed(self) -> list[Array]:
        """Parameters, buffers and states, which a table of addresses names."""
        return self._kept

    def _spare(self) -> Instance:
        """The only one: the memory of gradients is its own."""
        return self._instance


def in_halves(operations: list[Operation], halfway: Operation) -> tuple[list[Operation], list[Operation]]:
    """The operations of the forward pass, of which `halfway` was the last one, and the others."""
    ends = [i for i, operation in enumerate(operations) if halfway in (operation, *operation.fused)]
    split = ends[-1] + 1
    return operations[:split], operations[split:]
