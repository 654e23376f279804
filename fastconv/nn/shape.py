"""Layers that only pass on or rearrange: Flatten and Identity."""

import math
from typing import Any, ClassVar

from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.types import Array, Shape


class Flatten(Layer):
    """The axes from `start_dim` to `end_dim` as one: (N, C, H, W) -> (N, C·H·W).

    dx is dy in the input's shape again.

    **Arguments:**

    - `start_dim`: the first axis of those that become one; 0 is the batch, which has to stay.
    - `end_dim`: the last of them. Below 0, both count from the end.
    """

    checks: ClassVar[Checks] = {"start_dim": arguments.axis, "end_dim": arguments.axis}

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The flattened x, a view where its memory allows one, and the gradient's closure."""
        shape = x.shape
        y = x.reshape(self._flattened(shape))

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (dy.reshape(shape) if input_gradient else None), {}

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """The flattened shape; the batch axis must not be among the flattened ones."""
        if not input_shape:
            raise ValueError("Flatten: got samples without axes, needs at least one axis")
        if self.start_dim % (len(input_shape) + 1) == 0:
            got = f"start_dim={self.start_dim}"
            raise ValueError(f"Flatten: got {got}, needs to leave the batch axis; start_dim=1 would fit")
        return self._flattened((1, *input_shape))[1:]

    def config(self) -> dict[str, Any]:
        """The first and the last axis."""
        return {"start_dim": self.start_dim, "end_dim": self.end_dim}

    def _flattened(self, shape: Shape) -> Shape:
        """`shape` (with batch) with the axes from start_dim to end_dim multiplied."""
        start, end = (dim + len(shape) if dim < 0 else dim for dim in (self.start_dim, self.end_dim))
        if not 0 <= start <= end < len(shape):
            needs = f"axes {self.start_dim} to {self.end_dim}, the first not after the last"
            raise ValueError(f"Flatten: got shape {shape}, needs {needs}")
        return (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])


class Identity(Layer):
    """y = x; dx = dy. Takes the place of a layer that is left out."""

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """x itself, and the gradient's closure."""

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (dy if input_gradient else None), {}

        return x, backward
