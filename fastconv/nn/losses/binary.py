"""Losses that compare answers of yes or no: of logits, and of probabilities."""

from typing import Any

import numpy as np

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.nn.losses.base import ElementLoss, numbers
from fastconv.types import Array, Shape


class BCELoss(ElementLoss):
    """-[t log x + (1 - t) log(1 - x)] for probabilities x and targets t from 0 to 1, of one shape and dtype.

    Logarithms count from -100 up. d/dx = (x - t) / (x (1 - x) size) where no weights are given. A model that
    ends in logits, with `BCEWithLogitsLoss`, loses less. Equations: `torch.nn.BCELoss`.

    **Arguments:**

    - `weight`: an array that broadcasts to the output's shape, by which the terms are multiplied; None is 1.
    - `reduction`: "mean" or "sum" over the batch.
    """

    threshold = 0.5

    def __init__(self, weight: Array | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.weight = weight

    def check(self, function: str, name: str, target: Array, shape: Shape, dtype: np.dtype[Any]) -> None:
        """TypeError or ValueError for targets that do not fit an output of this shape and dtype."""
        super().check(function, name, target, shape, dtype)
        beyond = (target < 0) | (target > 1)
        if beyond.any():
            where = tuple(np.argwhere(beyond)[0].tolist())
            raise validate.wrong_value(
                function, name, f"{target[where]} at index {where}", "numbers from 0 to 1"
            )

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        weight = None if self.weight is None else self.weight.tolist()
        return {"weight": weight, "reduction": self.reduction}

    def _checked(self, name: str, value: Any) -> Any:
        if name == "weight" and value is not None:
            return numbers(type(self).__name__, name, value)
        return super()._checked(name, value)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.binary_cross_entropy(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.binary_cross_entropy_input(output, target, **options)

    def _options(self, output: Array) -> dict[str, Any]:
        weight = self.weight
        return {"weight": None if weight is None else weight.astype(output.dtype, copy=False)}


class BCEWithLogitsLoss(ElementLoss):
    """-[p t log σ(x) + (1 - t) log(1 - σ(x))] for logits x, targets t from 0 to 1, of one shape and dtype.

    d/dx = (σ(x) - t) / size where no weights are given. Equations: `torch.nn.BCEWithLogitsLoss`.

    **Arguments:**

    - `weight`: an array that broadcasts to the output's shape, by which the terms are multiplied; None is 1.
    - `reduction`: "mean" or "sum" over the batch.
    - `pos_weight`: p above, an array that broadcasts to the output's shape; None is 1.
    """

    threshold = 0.0

    def __init__(
        self, weight: Array | None = None, *, reduction: str = "mean", pos_weight: Array | None = None
    ) -> None:
        super().__init__(reduction)
        self.weight = weight
        self.pos_weight = pos_weight

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {
            "weight": None if self.weight is None else self.weight.tolist(),
            "reduction": self.reduction,
            "pos_weight": None if self.pos_weight is None else self.pos_weight.tolist(),
        }

    def _checked(self, name: str, value: Any) -> Any:
        if name in ("weight", "pos_weight") and value is not None:
            return numbers(type(self).__name__, name, value)
        return super()._checked(name, value)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.binary_cross_entropy_with_logits(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.binary_cross_entropy_with_logits_input(output, target, **options)

    def _options(self, output: Array) -> dict[str, Any]:
        weights = {"weight": self.weight, "pos_weight": self.pos_weight}
        return {
            name: None if w is None else w.astype(output.dtype, copy=False) for name, w in weights.items()
        }
