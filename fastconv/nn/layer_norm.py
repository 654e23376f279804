"""LayerNorm: the last axes, normalised."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.affine import AffineLayer
from fastconv.nn.base import Backward, Gradients
from fastconv.types import Array, Shape


class LayerNorm(AffineLayer):
    """y = w · (x - mean) / √(var + eps) + b for x (N, ..., *normalized_shape); mean and var over these axes.

    With z = (x - mean) / √(var + eps), g = w · dy, E the mean over these axes and Σ the sum over all others:
    dx = (g - E[g] - z · E[g·z]) / √(var + eps), dw = Σ dy·z, db = Σ dy. Training and evaluation are the same.
    Ba et al., "Layer normalization", 2016.

    **Arguments:**

    - `normalized_shape`: the lengths of the last axes of x, one number for one axis.
    - `eps`: what is added to the variance.
    - `elementwise_affine`: whether there are w and b, of normalized_shape, which begin as 1 and 0.
    - `bias`: whether there is b, where there is w.
    - `dtype`: the type of the parameters, and of the inputs that the layer takes: float32 or float64.
    """

    normalized_shape: Shape
    eps: float
    fixed = ("normalized_shape", "elementwise_affine", "dtype")
    checks: ClassVar[Checks] = {"normalized_shape": arguments.lengths, "eps": arguments.finite}

    def __init__(
        self,
        normalized_shape: int | Shape,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self._set(normalized_shape=normalized_shape)
        self.elementwise_affine = validate.flag("LayerNorm", "elementwise_affine", elementwise_affine)
        shifted = validate.flag("LayerNorm", "bias", bias) and self.elementwise_affine
        shape = self.normalized_shape
        super().__init__(shape if self.elementwise_affine else None, shape if shifted else None, dtype)
        self.eps = eps

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """x normalised, and the closure for the gradients."""
        weight, shape, eps = self.weight, self.normalized_shape, self.eps
        y, mean, var = F.layer_norm(x, shape, weight, self.bias, eps, return_statistics=True)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            if not (input_gradient or self._trains()):
                return None, dict.fromkeys(self._parameters)
            dw, db, dx = grad.layer_norm_gradients(dy, x, mean, var, shape, weight, eps)
            gradients = self._gradients(weight=lambda: dw, bias=lambda: db)
            return (dx if input_gradient else None), gradients

        return y, backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the input, which ends in normalized_shape."""
        shape = validate.size("LayerNorm", "input_shape", input_shape)
        count = len(self.normalized_shape)
        if shape[max(0, len(shape) - count) :] != self.normalized_shape:
            got = f"LayerNorm: got shape {shape}, needs (..., {', '.join(map(str, self.normalized_shape))})"
            raise ValueError(f"{got}; LayerNorm({shape[-count:]}) would fit" if shape else got)
        return shape

    def multiply_adds(self, input_shape: Shape) -> int:
        """One for each element."""
        return int(np.prod(input_shape))

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        shape, affine = self.normalized_shape, self.elementwise_affine
        return {
            "normalized_shape": shape[0] if len(shape) == 1 else shape,
            "eps": self.eps,
            "elementwise_affine": affine,
            "bias": self.bias is not None or not affine,
            "dtype": self.dtype.name,
        }
