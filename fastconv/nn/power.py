"""Power: each element to one power."""

from typing import Any, ClassVar

from fastconv import functional as F
from fastconv import grad
from fastconv.attributes import Checks
from fastconv.nn import arguments
from fastconv.nn.activation.closure import of_input
from fastconv.nn.base import Backward, Layer
from fastconv.types import Array


class Power(Layer):
    """y = x^exponent; dx = dy·exponent·x^(exponent - 1). 1 / x is Power(-1), the square root Power(0.5).

    NaN where there is no real power.

    **Arguments:**

    - `exponent`: any finite number.
    """

    exponent: float
    checks: ClassVar[Checks] = {"exponent": arguments.finite}

    def __init__(self, exponent: float) -> None:
        super().__init__()
        self.exponent = exponent

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The powers, and the gradient's closure."""
        exponent = self.exponent
        return F.power(x, exponent), of_input(lambda dy: grad.power_input(x, dy, exponent))

    def config(self) -> dict[str, Any]:
        """The exponent."""
        return {"exponent": self.exponent}
