"""What a prediction and a step that are planned have in common: how they run, and how they are looked at."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from fastconv.plan.profile import Profile, timed
from fastconv.plan.program import Instance, Program
from fastconv.plan.record import Operation
from fastconv.plan.table import Row, table
from fastconv.types import Array, Shape


class Unplanned:
    """What has no plan, and why.

    **Arguments:**

    - `reason`: the reason.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __str__(self) -> str:
        return f"layer by layer: {self.reason}"

    __repr__ = __str__


class Planned:
    """Operations, and the program that computes them.

    **Arguments:**

    - `operations`: what is computed, after all rules.
    - `program`: how.
    - `output`: the array that a run gives, one of those that are made.
    """

    kind = ""
    """What is planned, for the head of the table."""

    def __init__(self, operations: list[Operation], program: Program, output: Array) -> None:
        from fastconv.kernels.engine import jit, walk
        from fastconv.kernels.memory.buffers import SMALL, empty

        self.operations, self.program = operations, program
        self._engine, self._empty = walk, empty
        self._alone: AbstractContextManager[Any] = jit.region_lock() or nullcontext()
        place = program.places.find(output)
        assert place is not None
        root = program.places.roots[place.root]
        self._shape, self._strides, self._dtype = output.shape, output.strides, output.dtype
        self._offset, self._size = place.offset, (root.nbytes,)
        self._whole = output.flags.c_contiguous and output.nbytes == root.nbytes
        self._small = self._whole and root.nbytes < SMALL

    @property
    def given(self) -> list[Shape]:
        """The shapes of the arrays that each run is given."""
        places = self.program.places
        return [array.shape for array in places.roots[: places.given]]

    @property
    def bytes(self) -> int:
        """How much memory belongs to the plan."""
        return self.program.passing_bytes + self.program.lasting_bytes

    def _result(self) -> tuple[Array, Array]:
        """New memory for the output, and the output in it."""
        if self._small:
            y = np.empty(self._shape, self._dtype)
            return y, y
        if self._whole:
            y = self._empty(self._shape, self._dtype)
            return y, y
        memory = self._empty(self._size, np.dtype(np.uint8))
        return memory, np.ndarray(self._shape, self._dtype, memory, self._offset, self._strides)

    def rows(self) -> list[Row]:
        """What is computed, an operation a row, in order."""
        return [Row.of(operation) for operation in self.operations if operation.launches]

    def profile(self, seconds: float = 0.5) -> Profile:
        """The time of each operation, measured alone, on inputs of zeros, in about so many seconds.

        What is computed once, and lasts while the parameters stay as they are, takes none. What a run changes
        is put back afterwards. Nobody else may run the plan meanwhile.
        """
        places = self.program.places
        given = [np.zeros(array.shape, array.dtype) for array in places.roots[: places.given]]
        instance, (memory, _) = self._spare(), self._result()
        for index, array in enumerate((*given, memory)):
            instance.bases[index] = self._engine.address(array)
        changed = self._changed()
        before = [array.copy() for array in changed]
        try:
            times = timed(self._engine.walk, instance, len(self.program.launches), seconds)
        finally:
            for array, old in zip(changed, before, strict=True):
                array[...] = old
        times[: len(self.program.settling)] = len(self.program.settling) * [0.0]
        spent = dict(zip(map(id, self.program.launches), times, strict=True))
        return Profile(
            [(Row.of(operation), sum(spent[id(launch)] for launch in operation.launches))
             for operation in self.operations if operation.launches]
        )  # fmt: skip

    def _changed(self) -> list[Array]:
        """The arrays that a run changes, beside its own."""
        return []

    def _spare(self) -> Instance:
        """An instance that nobody else runs."""
        return self.program.instance()

    def __str__(self) -> str:
        shapes = ", ".join(map(str, self.given))
        memory = self.program
        head = f"{self.kind} for {shapes}: {len(memory.launches)} kernels, "
        head += f"{memory.passing_bytes:,} bytes that steps pass on ({memory.live_bytes:,} at once), "
        head += f"{memory.lasting_bytes:,} that last"
        return f"{head}\n\n{table(self.rows())}"

    __repr__ = __str__
