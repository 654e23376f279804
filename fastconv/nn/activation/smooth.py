"""Activations that squash, and those that weigh x by what squashes it."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn.activation.closure import of_input
from fastconv.nn.base import Backward, Layer
from fastconv.ops.activation import gelu_form, limit, sharpness
from fastconv.types import Array


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), computed without overflow.

    dx = dy · y · (1 - y).
    """

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The logistic function of x, and the gradient's closure."""
        y = F.sigmoid(x)
        return y, of_input(lambda dy: grad.sigmoid_input(y, dy))


class Tanh(Layer):
    """y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)), computed without overflow.

    dx = dy · (1 - y²).
    """

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradient's closure."""
        y = F.tanh(x)
        return y, of_input(lambda dy: grad.tanh_input(y, dy))


class SiLU(Layer):
    """y = x · σ(x), σ(x) = 1 / (1 + exp(-x)); also known as swish.

    dx = dy · (σ(x) + x · σ(x) · (1 - σ(x))).

    **Arguments:**

    - `inplace`: accepted for PyTorch's sake; x is never overwritten.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        validate.flag(type(self).__name__, "inplace", inplace)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradient's closure."""
        return F.silu(x), of_input(lambda dy: grad.silu_input(x, dy))


class GELU(Layer):
    """y = x · Φ(x), where Φ(x) is the probability that a normal variable is at most x.

    dx = dy · (Φ(x) + x · exp(-x² / 2) / √(2π)). Hendrycks and Gimpel, "Gaussian error linear units", 2016.

    **Arguments:**

    - `approximate`: "none", or "tanh" for (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2 in place of Φ(x).
    """

    checks: ClassVar[Checks] = {"approximate": gelu_form}

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradient's closure."""
        approximate = self.approximate
        return F.gelu(x, approximate), of_input(lambda dy: grad.gelu_input(x, dy, approximate))

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {"approximate": self.approximate}


class Softplus(Layer):
    """y = log(1 + exp(beta · x)) / beta, computed without overflow.

    dx = dy / (1 + exp(-beta · x)).

    **Arguments:**

    - `beta`: how sharply y bends at 0; not 0.
    - `threshold`: y = x where beta · x is above it.
    """

    checks: ClassVar[Checks] = {"beta": sharpness, "threshold": limit}

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradient's closure."""
        beta, threshold = self.beta, self.threshold
        return F.softplus(x, beta, threshold), of_input(
            lambda dy: grad.softplus_input(x, dy, beta, threshold)
        )

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {"beta": self.beta, "threshold": self.threshold}


class Hardsigmoid(Layer):
    """y = min(max(x + 3, 0), 6) / 6.

    dx = dy / 6 where -3 < x < 3, else 0.

    **Arguments:**

    - `inplace`: accepted for PyTorch's sake; x is never overwritten.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        validate.flag(type(self).__name__, "inplace", inplace)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradient's closure."""
        return F.hardsigmoid(x), of_input(lambda dy: grad.hardsigmoid_input(x, dy))


class Hardswish(Layer):
    """y = x · min(max(x + 3, 0), 6) / 6.

    dx = dy · (x / 3 + 1/2) where -3 < x < 3, 0 below and dy above. Howard et al., "Searching for
    MobileNetV3", 2019.

    **Arguments:**

    - `inplace`: accepted for PyTorch's sake; x is never overwritten.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        validate.flag(type(self).__name__, "inplace", inplace)

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The activation of x, and the gradient's closure."""
        return F.hardswish(x), of_input(lambda dy: grad.hardswish_input(x, dy))
