"""Rectifiers: x above 0, and something small below."""

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn.activation.closure import of_input
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.nn.weighted import WeightedLayer
from fastconv.ops.activation import ends, finite
from fastconv.types import Array, Shape


class ReLU(Layer):
    """y = max(x, 0).

    dx = dy where y > 0, else 0: at 0 the gradient is 0. NaN stays NaN.

    **Arguments:**

    - `inplace`: accepted for PyTorch's sake; x is never overwritten.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        validate.flag(type(self).__name__, "inplace", inplace)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The positive part of x, and the gradient's closure."""
        y = F.relu(x)
        return y, of_input(lambda dy: grad.relu_input(y, dy))


class ReLU6(Layer):
    """y = min(max(x, 0), 6).

    dx = dy where 0 < x < 6, else 0.

    **Arguments:**

    - `inplace`: accepted for PyTorch's sake; x is never overwritten.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        validate.flag(type(self).__name__, "inplace", inplace)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradient's closure."""
        return F.relu6(x), of_input(lambda dy: grad.relu6_input(x, dy))


class LeakyReLU(Layer):
    """y = x where x > 0, else negative_slope · x.

    dx = dy where x > 0, else negative_slope · dy.

    **Arguments:**

    - `negative_slope`: the slope below 0.
    - `inplace`: accepted for PyTorch's sake; x is never overwritten.
    """

    checks: ClassVar[Checks] = {"negative_slope": finite}

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        validate.flag(type(self).__name__, "inplace", inplace)
        self.negative_slope = negative_slope

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradient's closure."""
        negative_slope = self.negative_slope
        return F.leaky_relu(x, negative_slope), of_input(
            lambda dy: grad.leaky_relu_input(x, dy, negative_slope)
        )

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {"negative_slope": self.negative_slope}


class PReLU(WeightedLayer):
    """y = x where x > 0, else w_c · x, with a slope w that is learned: one for all x, or one a channel c.

    dx = dy where x > 0, else w_c · dy;  dw_c = Σ dy · x over the elements of channel c with x ≤ 0. He et al.,
    "Delving deep into rectifiers", 2015. Weight decay pulls w to 0, towards ReLU.

    **Arguments:**

    - `num_parameters`: 1, or the number of channels of x (N, C, ...).
    - `init`: the slopes with which training begins.
    - `dtype`: the type of the parameters, and of the inputs that the layer takes: float32 or float64.
    """

    fixed = ("num_parameters", "dtype")
    checks: ClassVar[Checks] = {"num_parameters": validate.integer, "init": finite}

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, dtype: DTypeLike = np.float32) -> None:
        self.num_parameters = num_parameters
        self.init = init
        super().__init__((self.num_parameters,), False, dtype, 0)

    def initialize(self, rng: np.random.Generator) -> None:
        """Sets all slopes to `init`."""
        self.weight[...] = self.init

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradients' closure."""
        weight = self.weight

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            gradients = self._gradients(weight=lambda: grad.prelu_weight(x, weight, dy))
            return (grad.prelu_input(x, weight, dy) if input_gradient else None), gradients

        return F.prelu(x, weight), backward

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the input, whose first axis is that of the channels."""
        channels = input_shape[0] if input_shape else 1
        if self.num_parameters not in (1, channels):
            got = f"{channels} channels"
            raise ValueError(
                f"PReLU: got {got}, needs {self.num_parameters}; PReLU({channels}) or PReLU() would fit"
            )
        return tuple(input_shape)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"num_parameters": self.num_parameters, "init": self.init, "dtype": self.dtype.name}


class ELU(Layer):
    """y = x where x > 0, else alpha · (exp(x) - 1).

    dx = dy where x > 0, else dy · alpha · exp(x). Clevert et al., "Fast and accurate deep network learning by
    exponential linear units", 2015.

    **Arguments:**

    - `alpha`: minus the limit of y far below 0.
    - `inplace`: accepted for PyTorch's sake; x is never overwritten.
    """

    checks: ClassVar[Checks] = {"alpha": finite}

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        validate.flag(type(self).__name__, "inplace", inplace)
        self.alpha = alpha

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradient's closure."""
        alpha = self.alpha
        return F.elu(x, alpha), of_input(lambda dy: grad.elu_input(x, dy, alpha))

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {"alpha": self.alpha}


class Hardtanh(Layer):
    """y = min(max(x, min_val), max_val).

    dx = dy where min_val < x < max_val, else 0.

    **Arguments:**

    - `min_val`: the smallest y.
    - `max_val`: the largest y, at least `min_val`.
    - `inplace`: accepted for PyTorch's sake; x is never overwritten.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        validate.flag(type(self).__name__, "inplace", inplace)
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradient's closure."""
        min_val, max_val = self.min_val, self.max_val
        return F.hardtanh(x, min_val, max_val), of_input(
            lambda dy: grad.hardtanh_input(x, dy, min_val, max_val)
        )

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {"min_val": self.min_val, "max_val": self.max_val}

    def _checked(self, name: str, value: Any) -> Any:
        if name == "min_val":
            return ends(type(self).__name__, value, vars(self).get("max_val", math.inf))[0]
        if name == "max_val":
            high = ends(type(self).__name__, -math.inf, value)[1]
            if high < self.min_val:
                needs = f"at least {self.min_val} to match min_val"
                raise validate.wrong_value(type(self).__name__, "max_val", high, needs)
            return high
        return super()._checked(name, value)
