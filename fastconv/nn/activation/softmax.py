"""Softmax and its logarithm."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.activation.closure import of_input
from fastconv.nn.base import Backward, Layer
from fastconv.types import Array


class Softmax(Layer):
    """y_i = exp(x_i) / Σ_j exp(x_j) along the axis `dim`; a model that ends in it gives probabilities.

    dx = y · (dy - Σ_j dy_j · y_j). `CrossEntropyLoss` wants logits: don't put this layer before it.

    **Arguments:**

    - `dim`: the axis over which y sums to 1, the batch counted; below 0 it counts from the end.
    """

    checks: ClassVar[Checks] = {"dim": arguments.axis}

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The softmax of x along `dim`, and the gradient's closure."""
        dim = self.dim
        y = F.softmax(x, dim)
        return y, of_input(lambda dy: grad.softmax_input(y, dy, dim))

    def config(self) -> dict[str, Any]:
        """The axis."""
        return {"dim": self.dim}


class LogSoftmax(Layer):
    """y_i = x_i - log Σ_j exp(x_j) along the axis `dim`; a model that ends in it is trained with `NLLLoss`.

    dx = dy - exp(y) · Σ_j dy_j. Stable for any magnitude.

    **Arguments:**

    - `dim`: the axis over which exp(y) sums to 1, the batch counted; below 0 it counts from the end.
    """

    checks: ClassVar[Checks] = {"dim": arguments.axis}

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The log-softmax of x along `dim`, and the gradient's closure."""
        dim = self.dim
        y = F.log_softmax(x, dim)
        return y, of_input(lambda dy: grad.log_softmax_input(y, dy, dim))

    def config(self) -> dict[str, Any]:
        """The axis."""
        return {"dim": self.dim}
