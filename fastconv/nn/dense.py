"""Linear: a dense layer."""

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn.base import Backward, Gradients
from fastconv.nn.weighted import WeightedLayer
from fastconv.ops.chosen import Chosen, chosen
from fastconv.types import Array, Shape


class Linear(WeightedLayer):
    """y = x Wᵀ + b for x (..., in_features), W (out_features, in_features), b (out_features,).

    dx = dy W;  dW = dyᵀ x, summed over all leading axes;  db = Σ dy.

    **Arguments:**

    - `in_features`: the size of the last axis of x.
    - `out_features`: the size of the last axis of y.
    - `bias`: whether b is added.
    - `dtype`: the type of the parameters, and of the inputs that the layer takes: float32 or float64.
    - `seed`: the beginning of the random numbers from which the parameters are drawn, a whole number of at
      least 0; None is another beginning each time.
    """

    fixed = ("in_features", "out_features", "dtype")
    checks: ClassVar[Checks] = {"in_features": validate.integer, "out_features": validate.integer}

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
        seed: int | None = None,
    ) -> None:
        self.in_features = in_features
        self.out_features = out_features
        super().__init__((self.out_features, self.in_features), bias, dtype, seed)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The dense layer's output, and the gradients' closure."""
        weight, bias = self.weight, self.bias
        y = F.linear(x, weight, bias)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            gradients = self._gradients(
                weight=lambda: grad.linear_weight(x, dy), bias=lambda: grad.linear_bias(dy)
            )
            return (grad.linear_input(weight, dy) if input_gradient else None), gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """(..., in_features) -> (..., out_features)."""
        features = input_shape[-1] if input_shape else 0
        if features != self.in_features:
            flat = math.prod(input_shape)
            fits = f"Linear({features}, {self.out_features})" if flat else "samples that are not empty"
            if len(input_shape) > 1 and flat == self.in_features:
                fits = "a Flatten before it"
            elif len(input_shape) > 1:
                fits = f"a Flatten before it and Linear({flat}, {self.out_features})"
            got = f"{features} features" if len(input_shape) == 1 else f"shape {input_shape}"
            raise ValueError(f"Linear: got {got}, needs {self.in_features}; {fits} would fit")
        return (*input_shape[:-1], self.out_features)

    def multiply_adds(self, input_shape: Shape) -> int:
        """in_features · out_features at every position."""
        return math.prod(input_shape) * self.out_features

    def _chosen(self, batch_shape: Shape) -> Chosen:
        """The algorithms that compute a batch (N, ..., in_features)."""
        return chosen("linear", batch_shape, self.weight.shape, dtype=self.dtype)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "in_features": self.in_features,
            "out_features": self.out_features,
            "bias": self.bias is not None,
            "dtype": self.dtype.name,
        }
