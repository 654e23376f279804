"""The share of predictions that are right."""

from typing import ClassVar

import numpy as np

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.training.metrics.arguments import ignored, threshold_or_none
from fastconv.training.metrics.base import Mean, Metric, of_classes, of_decisions
from fastconv.types import Array


def accuracy(output: Array, target: Array, ignore_index: int = -100) -> Array:
    """True where the largest of the logits (N, C, ...) is that of the target class.

    The target is class indices (N, ...), or probabilities in the output's shape. What has the target
    `ignore_index` is left out of the result.
    """
    predicted = output.argmax(axis=1)
    if target.shape == output.shape:
        return predicted == target.argmax(axis=1)
    return (predicted == target)[target != ignore_index]


def binary_accuracy(output: Array, target: Array, threshold: float = 0.0) -> Array:
    """True where an output and its target agree: the output above `threshold` for a target above 1/2."""
    return (output > threshold) == (target > 0.5)


class _Share(Metric):
    """A share of what is right, weighted if asked."""

    def reset(self) -> None:
        """Forgets what it has seen."""
        self._mean = Mean()

    def _add(self, right: Array, weights: Array) -> None:
        if self.weighted:
            total = float(weights.sum())
            self._mean.add(float((right * weights).sum()) / total if total else 0.0, total)
        else:
            self._mean.add(right.reshape(-1), right.size)

    def result(self) -> float:
        """The share so far."""
        return self._mean.value


class Accuracy(_Share):
    """The share of right predictions: Σ s [prediction = target] / Σ s, s the weights if `weighted`, else 1.

    **Arguments:**

    - `threshold`: None for outputs (N, C, ...) the largest of which is the prediction; for outputs that say
      yes or no by themselves the value above which they say yes: 0 for logits, 0.5 for probabilities.
    - `ignore_index`: the class index of samples that don't count.
    - `weighted`: whether the weights of samples and classes count.
    """

    name = "accuracy"
    checks: ClassVar[Checks] = {**Metric.checks, "threshold": threshold_or_none, "ignore_index": ignored}

    def __init__(
        self, threshold: float | None = None, *, ignore_index: int = -100, weighted: bool = False
    ) -> None:
        super().__init__(weighted)
        self.threshold = threshold
        self.ignore_index = ignore_index

    def update(self, output: Array, target: Array, sample_weight: Array | None = None) -> None:
        """Takes in a batch."""
        if self.threshold is None:
            rows, labels, weights = of_classes(self, output, target, self.ignore_index, sample_weight)
            self._add(rows.argmax(axis=1) == labels, weights)
        else:
            rows, targets, weights = of_decisions(self, output, target, sample_weight)
            self._add(binary_accuracy(rows, targets, self.threshold), weights)


class TopKAccuracy(_Share):
    """The share of samples whose class is among the k largest outputs (N, C, ...).

    Of equal outputs the first is the larger, so that k = 1 is the accuracy; an output that is NaN is larger
    than any other, and never right.

    **Arguments:**

    - `k`: how many outputs may be the right one, a whole number.
    - `ignore_index`: the class index of samples that don't count.
    - `weighted`: whether the weights of samples and classes count.
    """

    checks: ClassVar[Checks] = {**Metric.checks, "k": validate.integer, "ignore_index": ignored}

    def __init__(self, k: int = 5, *, ignore_index: int = -100, weighted: bool = False) -> None:
        super().__init__(weighted)
        self.k = k
        self.ignore_index = ignore_index

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name that holds k: "top_5_accuracy"."""
        return f"top_{self.k}_accuracy"

    def update(self, output: Array, target: Array, sample_weight: Array | None = None) -> None:
        """Takes in a batch."""
        rows, labels, weights = of_classes(self, output, target, self.ignore_index, sample_weight)
        own = np.take_along_axis(rows, labels[:, None], axis=1)
        before = np.arange(rows.shape[1]) < labels[:, None]
        larger = (rows > own) | np.isnan(rows) | ((rows == own) & before)
        self._add((larger.sum(axis=1) < self.k) & ~np.isnan(own[:, 0]), weights)
