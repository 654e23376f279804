"""A model's forward pass and its gradients, planned, where the loss or the update is Python's."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.plan.halves import Halves
from fastconv.plan.places import Places
from fastconv.plan.record import Recording, UnplannedError, arrays_in, like
from fastconv.types import Array


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

    def forward(self, x: Array) -> Array:
        """The output for a batch, which has to stay as it is until `backward`."""
        return self._forward(x, x)

    def backward(self, slope: Array) -> dict[str, Any]:
        """The gradients for dL/doutput of the last batch, in arrays that the next ones overwrite."""
        expected = self._slope
        if slope.strides != expected.strides or not slope.flags.aligned:
            laid = np.empty_like(expected)
            laid[...] = slope
            slope = laid
        self._instance.bases[1] = self._engine.address(slope)
        self._walk(1)
        return dict(self._gradients)
