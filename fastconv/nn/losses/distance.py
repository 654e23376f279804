"""Losses of the distance between output and target: its square, its magnitude, or both."""

from typing import Any

from fastconv import functional as F
from fastconv import grad
from fastconv.nn.losses.base import ElementLoss
from fastconv.ops.loss.distance import above_zero, at_least_zero
from fastconv.types import Array


class MSELoss(ElementLoss):
    """(output - target)², for arrays of one shape and dtype.

    d/doutput = 2 (output - target) / size. Equations: `torch.nn.MSELoss`.

    **Arguments:**

    - `reduction`: "mean" or "sum" over the batch.
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.mse_loss(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.mse_loss_input(output, target, **options)


class L1Loss(ElementLoss):
    """|output - target|, for arrays of one shape and dtype.

    d/doutput = sign(output - target) / size. Equations: `torch.nn.L1Loss`.

    **Arguments:**

    - `reduction`: "mean" or "sum" over the batch.
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.l1_loss(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.l1_loss_input(output, target, **options)


class SmoothL1Loss(ElementLoss):
    """d² / (2 beta) where d < beta, else d - beta / 2; d = |output - target|, of one shape and dtype.

    d/doutput = (output - target) / (beta size), beyond beta sign(output - target) / size. Equations:
    `torch.nn.SmoothL1Loss`.

    **Arguments:**

    - `reduction`: "mean" or "sum" over the batch.
    - `beta`: how far the square goes, at least 0.
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {"reduction": self.reduction, "beta": self.beta}

    def _checked(self, name: str, value: Any) -> Any:
        if name == "beta":
            return at_least_zero(type(self).__name__, name, value)
        return super()._checked(name, value)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.smooth_l1_loss(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.smooth_l1_loss_input(output, target, **options)

    def _options(self, output: Array) -> dict[str, Any]:
        return {"beta": self.beta}


class HuberLoss(ElementLoss):
    """d² / 2 where d < delta, else delta (d - delta / 2); d = |output - target|, of one shape and dtype.

    d/doutput = (output - target) / size, cut off at ±delta / size. Equations: `torch.nn.HuberLoss`.

    **Arguments:**

    - `reduction`: "mean" or "sum" over the batch.
    - `delta`: how far the square goes, above 0.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {"reduction": self.reduction, "delta": self.delta}

    def _checked(self, name: str, value: Any) -> Any:
        if name == "delta":
            return above_zero(type(self).__name__, name, value)
        return super()._checked(name, value)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.huber_loss(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.huber_loss_input(output, target, **options)

    def _options(self, output: Array) -> dict[str, Any]:
        return {"delta": self.delta}
