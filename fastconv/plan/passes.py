"""A model's forward pass and its gradients, planned, where the loss or the update is Python's."""

import copy
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from fastconv.plan.halves import Halves
from fastconv.plan.places import Places
from fastconv.plan.record import Recording, UnplannedError, arrays_in, like
from fastconv.types import Array

Hear = Callable[[dict[str, Any]], None]
"""What is told of gradients by name."""


class Passes(Halves):
    """The output of a model for batches like x, then the gradients for a slope of the loss.

    UnplannedError where Python computes with the contents of arrays.

    **Arguments:**

    - `forward`: x -> the output.
    - `backward`: dL/doutput -> the gradients by name.
    - `x`: an array, of which only shape, layout and type matter.
    - `kept`: the arrays that stay from batch to batch: parameters and buffers.
    - `memory`: that of another plan, which does not run at the same time; None for none.
    """

    kind = "forward and backward pass"

    def __init__(
        self,
        forward: Callable[[Array], Array],
        backward: Callable[[Array], dict[str, Array | None]],
        x: Array,
        kept: list[Array],
        memory: Array | None = None,
    ) -> None:
        from fastconv import kernels

        recording = Recording(kernels)
        given = like(x)
        output = recording.run(forward, given)
        if not isinstance(output, np.ndarray) or not recording.operations:
            raise UnplannedError("the model has no operations")
        halfway, self._slope = recording.operations[-1], like(output)
        self._gradients = recording.run(backward, self._slope)
        places = Places([given, self._slope], recording.trace.made, kept)
        gradients = list(arrays_in(self._gradients))
        for array in gradients:
            places.made_root(array)
        super().__init__(recording, places, halfway, output, gradients, kept, memory)
        self._slots: dict[int, Passes] = {}

    def forward(self, x: Array) -> Array:
        """The output for a batch, which has to stay as it is until `backward`."""
        return self._forward(x, x)

    def backward(self, slope: Array, hear: Hear | None = None) -> dict[str, Any]:
        """The gradients for dL/doutput of the last batch, in arrays that the next ones overwrite.

        `hear` gets them as soon as they are there, some at a time.
        """
        expected = self._slope
        if slope.strides != expected.strides or not slope.flags.aligned:
            laid = np.empty_like(expected)
            laid[...] = slope
            slope = laid
        self._instance.bases[1] = self._engine.address(slope)
        if hear is None:
            self._walk(self._halves[1])
        else:
            steps, first = self._instance.steps, self._split
            for last, names in self._ends:
                self._walk(steps[first:last])
                hear({name: self._gradients[name] for name in names})
                first = last
            self._walk(steps[first:])
        return dict(self._gradients)

    def slot(self, number: int) -> "Passes":
        """The same, for each number on other memory but for the gradients: several batches are under way."""
        if number == 0:
            return self
        if number not in self._slots:
            twin = self._slots[number] = copy.copy(self)
            twin._take(None)
        return self._slots[number]

    @property
    def bytes(self) -> int:
        """How much memory belongs to the plan."""
        return super().bytes + len(self._slots) * self.program.passing_bytes

    @cached_property
    def _ends(self) -> list[tuple[int, list[str]]]:
        """The steps after which gradients are there, and their names."""
        ends: dict[int, list[str]] = {}
        for name, gradient in self._gradients.items():
            if gradient is not None:
                ends.setdefault(self.program.last_step(gradient) + 1, []).append(name)
        return sorted(ends.items())
