"""A model's forward pass and its gradients, planned, where the loss or the update is Python's."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.plan.places import Places
from fastconv.plan.planned import Planned
from fastconv.plan.program import Instance, Program
from fastconv.plan.record import Recording, UnplannedError, arrays_in, like
from fastconv.plan.rules import rewritten
from fastconv.plan.step import in_halves
from fastconv.types import Array


class Passes(Planned):
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
        halfway, slope = recording.operations[-1], like(output)
        self._gradients = recording.run(backward, slope)
        self._kept = kept
        places = Places([given, slope], recording.trace.made, kept)
        outside = [*arrays_in(self._gradients), *(array for array, _ in recording.trace.filled)]
        for array in outside:
            places.made_root(array)
            places.stay(array)
        operations = rewritten(recording, places, [output, *outside])
        halves = in_halves(operations, halfway)
        first, second = ([launch for o in half for launch in o.launches] for half in halves)
        super().__init__(operations, Program([*first, *second], places, [places.made_root(output)]), output)
        self._filled, self._slope = recording.trace.filled, slope
        self._instance = self.program.instance(memory)
        self._halves = self._instance.steps[: len(first)], self._instance.steps[len(first) :]

    @property
    def memory(self) -> Array:
        """What the launches pass on lies here."""
        return self._instance.memory

    def forward(self, x: Array) -> Array:
        """The output for a batch, which has to stay as it is until `backward`."""
        for array, function in self._filled:
            array[...] = function()
        engine, instance = self._engine, self._instance
        memory, y = self._result()
        engine.aim(instance.bases, x, x, memory)
        with self._alone:
            engine.walk(self._halves[0], instance.patches, instance.bases)
        return y

    def backward(self, slope: Array) -> dict[str, Any]:
        """The gradients for dL/doutput of the last batch, in arrays that the next ones overwrite."""
        expected, instance = self._slope, self._instance
        if slope.strides != expected.strides or not slope.flags.aligned:
            laid = np.empty_like(expected)
            laid[...] = slope
            slope = laid
        instance.bases[1] = self._engine.address(slope)
        with self._alone:
            self._engine.walk(self._halves[1], instance.patches, instance.bases)
        return dict(self._gradients)

    def _changed(self) -> list[Array]:
        return self._kept

    def _spare(self) -> Instance:
        """The only one: the memory of gradients is its own."""
        return self._instance
