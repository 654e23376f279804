"""Affine, and what it shares with layers that normalise: a factor and a summand for each element."""

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastconv import functional as F
from fastconv import validate
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.nn.weighted import keep
from fastconv.types import Array, Shape


class AffineLayer(Layer):
    """A layer that may have a weight, which begins as 1, and a bias, which begins as 0, of these shapes."""

    def __init__(self, weight: Shape | None, bias: Shape | None, dtype: DTypeLike) -> None:
        super().__init__()
        self.dtype = validate.float_type(type(self).__name__, "dtype", dtype)
        for name, shape in (("weight", weight), ("bias", bias)):
            if shape is not None:
                self._parameters[name] = np.full(shape, name == "weight", self.dtype)

    @property
    def weight(self) -> Array | None:
        """The weight itself, or None; write into it with `layer.weight[...] = values`."""
        return self._parameters.get("weight")

    @weight.setter
    def weight(self, value: Array | None) -> None:
        keep(self, "weight", value)

    @property
    def bias(self) -> Array | None:
        """The bias itself, or None."""
        return self._parameters.get("bias")

    @bias.setter
    def bias(self, value: Array | None) -> None:
        keep(self, "bias", value)

    def initialize(self, rng: np.random.Generator) -> None:
        """Sets the weight to 1 and the bias to 0."""
        for name, array in self._parameters.items():
            array[...] = name == "weight"
        super().initialize(rng)


class Affine(AffineLayer):
    """y = x·w + b, elementwise: a factor and a summand for each element, or channel, or for all.

    w and b broadcast against one sample: of images (C, H, W) numbers of shape (C, 1, 1) are one for each
    channel, and () is one for all. dx = dy·w, dw = Σ dy·x, db = Σ dy, the sums over all that shares a number.
    c - x is the layer with w = -1 and b = c. Write the numbers with `layer.weight[...] = values`.

    **Arguments:**

    - `weight`: the shape of w, which begins as 1; None for none.
    - `bias`: the shape of b, which begins as 0; None for none.
    - `dtype`: the type of the parameters, and of the inputs that the layer takes: float32 or float64.
    """

    fixed = ("dtype",)

    def __init__(
        self,
        weight: Shape | None = None,
        bias: Shape | None = None,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        given = {"weight": weight, "bias": bias}
        shapes = {
            name: None if shape is None else validate.size("Affine", name, shape)
            for name, shape in given.items()
        }
        super().__init__(shapes["weight"], shapes["bias"], dtype)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """x scaled and shifted, and the closure for the gradients."""
        if not self._fits(np.shape(x)[1:]):
            self.output_shape(x.shape[1:])
        weight, bias = self.weight, self.bias
        y = x if weight is None else F.multiply(x, weight)
        y = y if bias is None else F.add(y, bias)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            shapes = {name: array.shape for name, array in self._parameters.items()}
            gradients = self._gradients(
                weight=lambda: F.sum_to_size(dy, shapes["weight"], x),
                bias=lambda: F.sum_to_size(dy, shapes["bias"]),
            )
            if not input_gradient:
                return None, gradients
            return (dy if weight is None else F.multiply(dy, weight)), gradients

        return y, backward

    def _fits(self, sample: Shape) -> bool:
        """Whether a sample of this shape keeps it."""
        for array in self._parameters.values():
            own = (1,) * (len(sample) - array.ndim) + array.shape
            if len(own) > len(sample) or any(n not in (1, m) for n, m in zip(own, sample, strict=True)):
                return False
        return True

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the input, against which those of w and b broadcast."""
        shape = validate.size("Affine", "input_shape", input_shape)
        if not self._fits(shape):
            own = " and ".join(f"{name} {array.shape}" for name, array in self._parameters.items())
            raise ValueError(f"Affine: got shape {shape}, needs one that {own} does not enlarge")
        return shape

    def multiply_adds(self, input_shape: Shape) -> int:
        """One for each element, if there is a factor."""
        return 0 if self.weight is None else math.prod(input_shape)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        shapes = (None if array is None else array.shape for array in (self.weight, self.bias))
        return {**dict(zip(("weight", "bias"), shapes, strict=True)), "dtype": self.dtype.name}
