"""LocalResponseNorm: channels, normalised by their neighbours."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.activation.closure import of_input
from fastconv.nn.base import Backward, Layer
from fastconv.types import Array, Shape


class LocalResponseNorm(Layer):
    """Y[n,c] = X[n,c] / D[n,c]^beta with D[n,c] = k + alpha/size · Σ_j X[n,j]².

    j runs from c - size//2 to c + (size-1)//2; channels that are not there count as 0. X is (N, C, *), with
    one axis at least behind the channels. dX[n,j] = dY[n,j] / D[n,j]^beta - 2·alpha·beta/size · X[n,j] ·
    Σ_c dY[n,c]·X[n,c] / D[n,c]^(beta+1), over the channels c in whose window j lies. Krizhevsky et al.,
    "ImageNet classification with deep convolutional neural networks", 2012.

    **Arguments:**

    - `size`: the number of neighbouring channels.
    - `alpha`: the factor of the mean of their squares.
    - `beta`: the exponent.
    - `k`: what is added to the mean.
    """

    alpha: float
    beta: float
    k: float
    checks: ClassVar[Checks] = {
        "size": validate.integer,
        "alpha": arguments.finite,
        "beta": arguments.finite,
        "k": arguments.finite,
    }

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """x normalised, and the gradient's closure."""
        given = self.size, self.alpha, self.beta, self.k
        y = F.local_response_norm(x, *given)
        return y, of_input(lambda dy: grad.local_response_norm_input(x, dy, *given))

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of the input, (C, *)."""
        shape = validate.size("LocalResponseNorm", "input_shape", input_shape)
        if len(shape) < 2:
            raise ValueError(f"LocalResponseNorm: got shape {shape}, needs (C, *) with an axis behind C")
        return shape

    def config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"size": self.size, "alpha": self.alpha, "beta": self.beta, "k": self.k}
