"""The losses: CrossEntropyLoss, BCEWithLogitsLoss and MSELoss.

Each is a mean over the batch, or a sum. With `sample_weight` every sample's term is multiplied by its weight
and the divisor stays what it was, as in Keras: mean = Σ_i s_i l_i / N.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.types import Array

LossBackward = Callable[[], Array]
"""`backward() -> dL/doutput`."""


class Loss:
    """A number that training makes small, and its gradient with respect to the network's output."""

    reduction: str

    def __init__(self, reduction: str) -> None:
        if reduction not in ("mean", "sum"):
            name = type(self).__name__
            raise ValueError(
                f"{name}: reduction: got {reduction!r}, needs 'mean' or 'sum': training needs one number"
            )
        self.reduction = reduction

    def __call__(self, output: Array, target: Array) -> float:
        """The loss of a batch."""
        return self.forward(output, target)[0]

    def forward(
        self, output: Array, target: Array, sample_weight: Array | None = None
    ) -> tuple[float, LossBackward]:
        """The loss of a batch, and the closure that gives its gradient with respect to `output`.

        `sample_weight` (N,) multiplies each sample's term.
        """
        if sample_weight is None:
            options = {"reduction": self.reduction, **self._options(output)}
            return float(self._value(output, target, **options)), lambda: self._gradient(
                output, target, **options
            )
        options = {"reduction": "none", **self._options(output)}
        terms = self._value(output, target, **options)
        scale = self._scale(sample_weight, output, target)

        def backward() -> Array:
            gradient = self._gradient(output, target, **options)
            return gradient * _along_batch(scale, gradient.ndim)

        return float((terms * _along_batch(scale, terms.ndim)).sum(dtype=np.float64)), backward

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {"reduction": self.reduction}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.config().items())})"

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        raise NotImplementedError

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        raise NotImplementedError

    def _options(self, output: Array) -> dict[str, Any]:
        """The function's other arguments, in the output's dtype."""
        return {}

    def _divisor(self, output: Array, target: Array) -> float:
        """What the mean divides by: the number of terms."""
        return output.size

    def _scale(self, sample_weight: Array, output: Array, target: Array) -> Array:
        """Each sample's factor (N,): its weight over the divisor of the mean."""
        shape = np.shape(sample_weight)
        if shape != (len(output),):
            name = type(self).__name__
            raise ValueError(
                f"{name}: sample_weight: got shape {shape}, needs ({len(output)},): one a sample"
            )
        divisor = self._divisor(output, target) if self.reduction == "mean" else 1
        return (np.asarray(sample_weight, np.float64) / divisor).astype(output.dtype)


class CrossEntropyLoss(Loss):
    """-log softmax(output)[target], for logits (N, C) or (N, C, d1, …).

    The target is class indices (N,) or (N, d1, …), or probabilities in the output's shape. `weight` (C,)
    weighs the classes; the mean divides by the sum of the targets' weights. Samples with target
    `ignore_index` don't count. d/doutput = (softmax(output) - onehot(target)) / N. Equations:
    `torch.nn.CrossEntropyLoss`.
    """

    def __init__(
        self,
        weight: Array | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        self.weight = None if weight is None else np.asarray(weight)
        self.ignore_index = ignore_index
        self.label_smoothing = validate.number("CrossEntropyLoss", "label_smoothing", label_smoothing, 0, 1)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.cross_entropy(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.cross_entropy_input(output, target, **options)

    def _options(self, output: Array) -> dict[str, Any]:
        return {
            "weight": None if self.weight is None else self.weight.astype(output.dtype, copy=False),
            "ignore_index": self.ignore_index,
            "label_smoothing": self.label_smoothing,
        }

    def _divisor(self, output: Array, target: Array) -> float:
        if target.shape == output.shape:
            return output.size // output.shape[1]
        counted = target[target != self.ignore_index]
        return counted.size if self.weight is None else float(self.weight[counted].sum(dtype=np.float64))

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {
            "weight": None if self.weight is None else self.weight.tolist(),
            "ignore_index": self.ignore_index,
            "reduction": self.reduction,
            "label_smoothing": self.label_smoothing,
        }


class BCEWithLogitsLoss(Loss):
    """-[p t log σ(x) + (1 - t) log(1 - σ(x))] for logits x, targets t from 0 to 1, of one shape and dtype.

    `weight` multiplies the terms (it broadcasts), `pos_weight` is p above. d/dx = (σ(x) - t) / size where
    both are left out. Equations: `torch.nn.BCEWithLogitsLoss`.
    """

    def __init__(
        self, weight: Array | None = None, *, reduction: str = "mean", pos_weight: Array | None = None
    ) -> None:
        super().__init__(reduction)
        self.weight = None if weight is None else np.asarray(weight)
        self.pos_weight = None if pos_weight is None else np.asarray(pos_weight)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.binary_cross_entropy_with_logits(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.binary_cross_entropy_with_logits_input(output, target, **options)

    def _options(self, output: Array) -> dict[str, Any]:
        weights = {"weight": self.weight, "pos_weight": self.pos_weight}
        return {
            name: None if w is None else w.astype(output.dtype, copy=False) for name, w in weights.items()
        }

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {
            "weight": None if self.weight is None else self.weight.tolist(),
            "reduction": self.reduction,
            "pos_weight": None if self.pos_weight is None else self.pos_weight.tolist(),
        }


class MSELoss(Loss):
    """(output - target)², for arrays of one shape and dtype.

    d/doutput = 2 (output - target) / size. Equations: `torch.nn.MSELoss`.
    """

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__(reduction)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.mse_loss(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.mse_loss_input(output, target, **options)


def _along_batch(values: Array, ndim: int) -> Array:
    """Values (N,) with as many axes as they are multiplied with."""
    return values.reshape(-1, *(1,) * (ndim - 1))
