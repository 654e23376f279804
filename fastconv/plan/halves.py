"""Training, planned in two halves: the forward pass, and what follows the loss."""

from fastconv.plan.places import Places
from fastconv.plan.planned import Planned
from fastconv.plan.program import Instance, Program
from fastconv.plan.record import Operation, Recording
from fastconv.plan.rules import rewritten
from fastconv.types import Array


class Halves(Planned):
    """Recorded operations in two halves, on memory that both share.

    **Arguments:**

    - `recording`: the operations.
    - `places`: where arrays lie.
    - `halfway`: the last operation of the forward pass.
    - `output`: what the forward pass gives.
    - `outside`: the arrays that Python reads or fills, which stay in their own memory.
    - `kept`: the arrays that stay from batch to batch.
    - `memory`: that of another plan, which does not run at the same time; None for none.
    """

    def __init__(
        self,
        recording: Recording,
        places: Places,
        halfway: Operation,
        output: Array,
        outside: list[Array],
        kept: list[Array],
        memory: Array | None,
    ) -> None:
        self._kept, filled = kept, [array for array, _ in recording.trace.filled]
        self._functions = [function for _, function in recording.trace.filled]
        operations = rewritten(recording, places, [output, *outside, *filled])
        first = _first_half(operations, halfway)
        self._verdicts = [verdicts for operation in first for verdicts in operation.verdicts]
        for array in (*outside, *self._verdicts):
            places.stay(array)
        launches = [launch for operation in operations for launch in operation.launches]
        program = Program(
            launches,
            places,
            fresh=[places.made_root(output)],
            filled=[places.made_root(array) for array in filled],
        )
        super().__init__(operations, program, output)
        self._split = sum(len(operation.launches) for operation in first)
        self._take(memory)

    def _take(self, memory: Array | None) -> None:
        """From now on runs on this memory, if it is large enough, or on its own."""
        self._instance = self.program.instance(memory)
        self._halves = self._instance.steps[: self._split], self._instance.steps[self._split :]

    @property
    def memory(self) -> Array:
        """What the launches pass on lies here."""
        return self._instance.memory

    def _forward(self, x: Array, target: Array) -> Array:
        """The output for a batch, which has to stay as it is until the second half has run."""
        if self._functions:
            for array, function in zip(self._instance.filled, self._functions, strict=True):
                array[...] = function()
        memory, y = self._result()
        self._engine.aim(self._instance.bases, x, target, memory)
        self._walk(self._halves[0])
        return y

    def _walk(self, steps: Array) -> None:
        """Runs some of the steps."""
        instance = self._instance
        with self._alone:
            self._engine.walk(steps, instance.patches, instance.bases)

    def _changed(self) -> list[Array]:
        """Parameters, buffers and states, which a table of addresses names."""
        return self._kept

    def _spare(self) -> Instance:
        """The only one: the memory of gradients is its own."""
        return self._instance


def _first_half(operations: list[Operation], halfway: Operation) -> list[Operation]:
    """The operations of the forward pass, of which `halfway` was the last one."""
    ends = [i for i, operation in enumerate(operations) if halfway in (operation, *operation.fused)]
    return operations[: ends[-1] + 1]
