"""Concatenate: several inputs one after the other, as a node of a `Graph`; forward takes a tuple."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.types import Array, Shape
from fastconv.validate import wrong_value


class Concatenate(Layer):
    """y holds x_1, x_2, … one after the other along the axis `dim`; dx_i is its part of dy.

    **Arguments:**

    - `dim`: the axis, not the batch's, 0; below 0 it counts from the end. 1 is that of the channels.
    """

    takes_several = True
    checks: ClassVar[Checks] = {"dim": arguments.sample_axis}

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Any, training: bool = True) -> tuple[Array, Backward]:
        """The arrays in the tuple x, one after the other; dx is a tuple, too."""
        dim = self.dim
        if dim + x[0].ndim == 0:
            self.output_shape(*(part.shape[1:] for part in x))
        y = F.concat(x, dim)
        sizes = tuple(part.shape[dim] for part in x)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Any, Gradients]:
            return (tuple(grad.concat_input(dy, sizes, dim)) if input_gradient else None), {}

        return y, backward

    def output_shape(self, *input_shapes: Shape) -> Shape:
        """The shape of the inputs, with the sum of their sizes along the axis."""
        first = input_shapes[0]
        axis = self.dim - 1 if self.dim > 0 else self.dim + len(first)
        if not 0 <= axis < len(first):
            axes = f"1 to {len(first)}, the batch's being 0"
            raise wrong_value("Concatenate", "dim", self.dim, f"an axis of {first}: {axes}")
        others = [(*shape[:axis], *shape[axis + 1 :]) for shape in input_shapes]
        if len({*others}) != 1 or len({*map(len, input_shapes)}) != 1:
            got = " and ".join(map(str, input_shapes))
            raise ValueError(f"Concatenate: got {got}, needs shapes that differ along dim={self.dim} alone")
        total = sum(shape[axis] for shape in input_shapes)
        return (*first[:axis], total, *first[axis + 1 :])

    def config(self) -> dict[str, Any]:
        """The axis."""
        return {"dim": self.dim}
