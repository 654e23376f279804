"""ReLU, Sigmoid and Softmax."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.base import Backward, Gradients, Layer
from fastconv.types import Array


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

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (grad.relu_input(y, dy) if input_gradient else None), {}

        return y, backward


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), computed without overflow.

    dx = dy · y · (1 - y).
    """

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The logistic function of x, and the gradient's closure."""
        y = F.sigmoid(x)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (grad.sigmoid_input(y, dy) if input_gradient else None), {}

        return y, backward


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

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            return (grad.softmax_input(y, dy, dim) if input_gradient else None), {}

        return y, backward

    def config(self) -> dict[str, Any]:
        """The axis."""
        return {"dim": self.dim}
