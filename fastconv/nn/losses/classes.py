"""Losses that compare classes: of logits, and of logarithms of probabilities."""

from typing import Any

import numpy as np

from fastconv import functional as F
from fastconv import grad, validate
from fastconv.nn.losses.base import OUTPUT, Loss, all_finite, numbers, spread
from fastconv.ops.loss.targets import class_target, label_target
from fastconv.types import Array, Shape


class ClassLoss(Loss):
    """What losses with a target class for each sample share.

    **Arguments:**

    - `weight`: an array (C,) by which each class's terms are multiplied; None is 1 for all.
    - `ignore_index`: the class index of samples that don't count.
    - `reduction`: "mean" or "sum" over the batch.
    """

    takes_classes = True

    def __init__(
        self, weight: Array | None = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.weight = weight
        self.ignore_index = ignore_index

    def count(self, output: Array, target: Array, sample_weight: Array | None = None) -> float:
        """The summed class weights of the labels that are not ignored."""
        counted = target[target != self.ignore_index]
        return float(counted.size if self.weight is None else self.weight[counted].sum(dtype=np.float64))

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {
            "weight": None if self.weight is None else self.weight.tolist(),
            "ignore_index": self.ignore_index,
            "reduction": self.reduction,
        }

    def _checked(self, name: str, value: Any) -> Any:
        kind = type(self).__name__
        if name == "weight" and value is not None:
            value = numbers(kind, name, value)
            if value.ndim != 1:
                raise validate.wrong_value(kind, name, f"shape {value.shape}", "(C,): one for each class")
        elif name == "ignore_index":
            return validate.integer(kind, name, value, low=-validate.LARGEST)
        return super()._checked(name, value)

    def _options(self, output: Array) -> dict[str, Any]:
        return {
            "weight": None if self.weight is None else self.weight.astype(output.dtype, copy=False),
            "ignore_index": self.ignore_index,
        }

    def _classes(self, function: str, shape: Shape) -> None:
        """ValueError where an output of this shape has no axis of classes."""
        if len(shape) < 2:
            needs = "(N, C) or (N, C, d1, ...): a number for each class"
            raise validate.wrong_value(function, "model", f"outputs of shape {shape}", needs)


class CrossEntropyLoss(ClassLoss):
    """-log softmax(output)[target], for logits (N, C) or (N, C, d1, …).

    The target is class indices (N,) or (N, d1, …), or probabilities in the output's shape. The mean divides
    by the sum of the targets' weights. d/doutput = (softmax(output) - onehot(target)) / N. Equations:
    `torch.nn.CrossEntropyLoss`.

    **Arguments:**

    - `weight`: an array (C,) by which each class's terms are multiplied; None is 1 for all.
    - `ignore_index`: the class index of samples that don't count.
    - `reduction`: "mean" or "sum" over the batch.
    - `label_smoothing`: the share, from 0 to 1, of each target that is spread evenly over all classes.
    """

    def __init__(
        self,
        weight: Array | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)
        self.label_smoothing = label_smoothing

    def count(self, output: Array, target: Array, sample_weight: Array | None = None) -> float:
        """The summed class weights of the labels that are not ignored; of probabilities, their number."""
        if target.shape == output.shape:
            return float(output.size // output.shape[1])
        return super().count(output, target, sample_weight)

    def remainder(self, output: Array, target: Array, sample_weight: Array | None = None) -> float:
        """The terms that label smoothing adds, where the classes of all targets have weight 0."""
        terms = self._value(output, target, **{"reduction": "none", **self._options(output)})
        weights = 1.0 if sample_weight is None else spread(sample_weight, terms.ndim)
        return float((terms * weights).sum(dtype=np.float64))

    def check(self, function: str, name: str, target: Array, shape: Shape, dtype: np.dtype[Any]) -> None:
        """TypeError or ValueError for targets that do not fit an output of this shape and dtype."""
        self._classes(function, shape)
        labels = class_target(function, name, target, OUTPUT, shape, dtype)
        if labels.dtype.kind == "f":
            all_finite(function, name, labels)
        else:
            validate.labels(function, name, labels, shape[1], self.ignore_index)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return {**super().config(), "label_smoothing": self.label_smoothing}

    def _checked(self, name: str, value: Any) -> Any:
        if name == "label_smoothing":
            return validate.number(type(self).__name__, name, value, 0, 1)
        return super()._checked(name, value)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.cross_entropy(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.cross_entropy_input(output, target, **options)

    def _options(self, output: Array) -> dict[str, Any]:
        return {**super()._options(output), "label_smoothing": self.label_smoothing}


class NLLLoss(ClassLoss):
    """-output[target], for logarithms of probabilities (N, C) or (N, C, d1, …), which `LogSoftmax` gives.

    The target is class indices (N,) or (N, d1, …). The mean divides by the sum of the targets' weights.
    d/doutput = -onehot(target) / N. Equations: `torch.nn.NLLLoss`.

    **Arguments:**

    - `weight`: an array (C,) by which each class's terms are multiplied; None is 1 for all.
    - `ignore_index`: the class index of samples that don't count.
    - `reduction`: "mean" or "sum" over the batch.
    """

    def check(self, function: str, name: str, target: Array, shape: Shape, dtype: np.dtype[Any]) -> None:
        """TypeError or ValueError for targets that do not fit an output of this shape and dtype."""
        self._classes(function, shape)
        labels = label_target(function, name, target, OUTPUT, shape)
        validate.labels(function, name, labels, shape[1], self.ignore_index)

    def _value(self, output: Array, target: Array, **options: Any) -> Array:
        return F.nll_loss(output, target, **options)

    def _gradient(self, output: Array, target: Array, **options: Any) -> Array:
        return grad.nll_loss_input(output, target, **options)
