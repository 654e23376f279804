"""Precision, recall and their harmonic mean, from counts of right and wrong predictions of each class."""

from inspect import cleandoc
from typing import ClassVar

import numpy as np

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.training.metrics.arguments import averaging, count_or_none, ignored, threshold_or_none
from fastconv.training.metrics.base import Metric, of_classes, of_decisions
from fastconv.types import Array


class _OfCounts(Metric):
    """For each class c: right R_c (predicted and true), predicted P_c, true T_c, all summed over an epoch.

    Their figure is 0 where its divisor is 0. Equations and names of averages: `sklearn.metrics`.

    **Arguments:**

    - `average`: "macro" is the mean over the classes that occur among targets or predictions, "micro" the
      figure of the counts summed over classes; None gives one figure a class, as `<name>_<number>`.
    - `num_classes`: the number of classes C, which `average=None` needs, so that the figures have names
      before the first batch.
    - `threshold`: None for outputs (N, C, ...) the largest of which is the prediction; for outputs that say
      yes or no by themselves the value above which they say yes: 0 for logits, 0.5 for probabilities. Then
      each of C outputs is a class of its own, and (N, 1) has the figure of yes.
    - `ignore_index`: the class index of samples that don't count.
    - `weighted`: whether samples count with their weights.
    """

    checks: ClassVar[Checks] = {
        **Metric.checks,
        "average": averaging,
        "num_classes": count_or_none,
        "threshold": threshold_or_none,
        "ignore_index": ignored,
    }

    def __init__(
        self,
        average: str | None = "macro",
        num_classes: int | None = None,
        threshold: float | None = None,
        *,
        ignore_index: int = -100,
        weighted: bool = False,
    ) -> None:
        super().__init__(weighted)
        self.average = average
        self.num_classes = num_classes
        self.threshold = threshold
        self.ignore_index = ignore_index
        if average is None and num_classes is None:
            needs = "the number of classes where average is None"
            raise validate.wrong_value(type(self).__name__, "num_classes", None, needs)

    @property
    def parts(self) -> tuple[str, ...]:  # type: ignore[override]
        """The numbers of the classes, where each has a figure."""
        return () if self.average else tuple(map(str, range(self.num_classes or 0)))

    def reset(self) -> None:
        """Forgets what it has seen."""
        self._counts: Array | None = None

    def update(self, output: Array, target: Array, sample_weight: Array | None = None) -> None:
        """Takes in a batch."""
        weight = sample_weight if self.weighted else None
        if self.threshold is None:
            rows, labels, weights = of_classes(self, output, target, self.ignore_index, weight)
            classes = np.arange(rows.shape[1])
            predicted, true = rows.argmax(axis=1)[:, None] == classes, labels[:, None] == classes
            weights = weights[:, None]
        else:
            rows, targets, weights = of_decisions(self, output, target, weight)
            predicted, true = rows > self.threshold, targets > 0.5
        if not len(rows):
            return
        if self.num_classes not in (None, rows.shape[1]):
            kind, needs = type(self).__name__, f"{self.num_classes} (num_classes)"
            raise validate.wrong_value(kind, "output", f"{rows.shape[1]} classes", needs)
        counts = np.stack([(weights * each).sum(axis=0) for each in (predicted & true, predicted, true)])
        self._counts = counts if self._counts is None else self._counts + counts

    def result(self) -> float | dict[str, float]:
        """The figure so far; where there is one for each class, by its number."""
        if self._counts is None:
            return {part: float("nan") for part in self.parts} if self.parts else float("nan")
        right, predicted, true = self._counts
        if self.average == "micro":
            return float(self._figure(right.sum(), predicted.sum(), true.sum()))
        figures = self._figure(right, predicted, true)
        if self.average is None:
            return dict(zip(self.parts, figures.tolist(), strict=True))
        occurs = predicted + true > 0
        if len(figures) == 1:
            return float(figures[0])
        return float(figures[occurs].mean()) if occurs.any() else float("nan")

    def _figure(self, right: Array, predicted: Array, true: Array) -> Array:
        raise NotImplementedError


class Precision(_OfCounts):
    """Of what was predicted to be a class, the share that is: R_c / P_c."""

    __doc__ = f"{__doc__}\n\n{cleandoc(_OfCounts.__doc__ or '')}"
    name = "precision"

    def _figure(self, right: Array, predicted: Array, true: Array) -> Array:
        return _ratio(right, predicted)


class Recall(_OfCounts):
    """Of what is a class, the share that was predicted to be: R_c / T_c."""

    __doc__ = f"{__doc__}\n\n{cleandoc(_OfCounts.__doc__ or '')}"
    name = "recall"

    def _figure(self, right: Array, predicted: Array, true: Array) -> Array:
        return _ratio(right, true)


class F1(_OfCounts):
    """The harmonic mean of precision and recall: 2 R_c / (P_c + T_c)."""

    __doc__ = f"{__doc__}\n\n{cleandoc(_OfCounts.__doc__ or '')}"
    name = "f1"

    def _figure(self, right: Array, predicted: Array, true: Array) -> Array:
        return _ratio(2 * right, predicted + true)


def _ratio(a: Array, b: Array) -> Array:
    """a / b, 0 where b is 0."""
    return np.divide(a, b, out=np.zeros_like(np.asarray(a, np.float64)), where=np.asarray(b) > 0)
