"""Layers that join several inputs element by element, as nodes of a `Graph`; forward takes a tuple."""

from typing import Any, ClassVar

import numpy as np

from fastconv import functional as F
from fastconv import grad
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.types import Array, Shape
from fastconv.validate import wrong_type, wrong_value


class _Elementwise(Layer):
    """What the layers share that join arrays element by element, whose shapes broadcast.

    All have one number of axes, of which the first is that of the batch.
    """

    takes_several = True
    inputs: ClassVar[int | None] = None
    """How many there are; None for any number."""

    def _given(self, x: Any) -> tuple[Array, ...]:
        """The arrays in the tuple x; TypeError, ValueError for anything else."""
        name = type(self).__name__
        if not isinstance(x, tuple | list):  # an array would be taken apart along its batch
            raise wrong_type(name, "x", type(x).__name__, "a tuple of arrays; a Graph's node would fit")
        if not x or (self.inputs and len(x) != self.inputs):
            count = ("no array", "one array")[len(x)] if len(x) < 2 else f"{len(x)} arrays"
            raise wrong_value(name, "x", count, "two" if self.inputs else "one at least")
        if len({np.ndim(array) for array in x}) > 1:
            self.output_shape(*(np.shape(array)[1:] for array in x))
        return tuple(x)

    def output_shape(self, *input_shapes: Shape) -> Shape:
        """The shape to which those of all inputs broadcast."""
        found = {*input_shapes}
        if len(found) == 1:
            return input_shapes[0]
        sizes = [{*axis} - {1} or {1} for axis in zip(*found, strict=False)]
        if len({*map(len, found)}) > 1 or any(len(axis) > 1 for axis in sizes):
            got = " and ".join(map(str, input_shapes))
            needs = "inputs of one shape, or with 1 in place of a size"
            raise ValueError(f"{type(self).__name__}: got {got}, needs {needs}")
        return tuple(axis.pop() for axis in sizes)


class Add(_Elementwise):
    """y = x_1 + x_2 + …; dx_i = dy, summed over the axes along which x_i is repeated.

    The shapes broadcast: (N, C, H, W) + (N, C, 1, 1) adds one number to each channel of an image.
    """

    def forward(self, x: Any, training: bool = True) -> tuple[Array, Backward]:
        """The sum of the arrays in the tuple x, and the gradients' closure; dx is a tuple, too."""
        given = self._given(x)
        y = given[0]
        for other in given[1:]:
            y = F.add(y, other)
        shapes = [array.shape for array in given]

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Any, Gradients]:
            if not input_gradient:
                return None, {}
            return tuple(_summed(dy, shape) for shape in shapes), {}

        return y, backward


class Subtract(_Elementwise):
    """y = x_1 - x_2; dx_1 = dy, dx_2 = -dy, each summed over the axes along which it is repeated.

    The shapes broadcast, as those of `Add`.
    """

    inputs = 2

    def forward(self, x: Any, training: bool = True) -> tuple[Array, Backward]:
        """The difference of the two arrays in the tuple x; dx is a tuple, too."""
        one, other = self._given(x)
        first, second = one.shape, other.shape

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Any, Gradients]:
            return ((_summed(dy, first), -_summed(dy, second)) if input_gradient else None), {}

        return F.subtract(one, other), backward


class _Fold(_Elementwise):
    """y = f(f(x_1, x_2), x_3) …: backwards the chain rule, from the last to the first."""

    operation: ClassVar[str]
    """The name of the function f."""

    def forward(self, x: Any, training: bool = True) -> tuple[Array, Backward]:
        """What is made of the arrays in the tuple x, and the gradients' closure; dx is a tuple, too."""
        first, *others = self._given(x)
        results, name = [first], self.operation
        for other in others:
            results.append(getattr(F, name)(results[-1], other))

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Any, Gradients]:
            if not input_gradient:
                return None, {}
            parts = []
            for result, other in zip(results[-2::-1], reversed(others), strict=True):
                parts.append(getattr(grad, f"{name}_other")(result, other, dy))
                dy = getattr(grad, f"{name}_input")(result, other, dy)
            return (dy, *reversed(parts)), {}

        return results[-1], backward


class Multiply(_Fold):
    """y = x_1·x_2·…; dx_i = dy times all others, summed over the axes along which x_i is repeated.

    The shapes broadcast: (N, C, H, W)·(N, C, 1, 1) scales each channel of an image, as in a squeeze-and-
    excitation block (Hu et al., "Squeeze-and-excitation networks", 2018).
    """

    operation = "multiply"


class Divide(_Fold):
    """y = x_1 / x_2; dx_1 = dy / x_2, dx_2 = -dy·x_1 / x_2², summed over axes along which it is repeated.

    The shapes broadcast, as those of `Add`.
    """

    operation = "divide"
    inputs = 2


class Maximum(_Fold):
    """y = max(x_1, x_2, …), NaN where one of them is; dy goes to the largest, to two equal ones half of it.

    The shapes broadcast, as those of `Add`; dx_i is summed over the axes along which x_i is repeated.
    """

    operation = "maximum"


class Minimum(_Fold):
    """y = min(x_1, x_2, …), NaN where one of them is; dy goes to the smallest, to two equal ones half of it.

    The shapes broadcast, as those of `Add`; dx_i is summed over the axes along which x_i is repeated.
    """

    operation = "minimum"


def _summed(dy: Array, shape: Shape) -> Array:
    """The gradient of what was repeated to the shape of dy."""
    return dy if dy.shape == shape else F.sum_to_size(dy, shape)
