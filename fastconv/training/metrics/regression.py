"""Figures of regressions."""

import numpy as np

from fastconv.training.metrics.base import Metric, same_shape, spread
from fastconv.types import Array


class MeanAbsoluteError(Metric):
    """Σ s |output - target| / Σ s over all elements, s the weights if `weighted`, else 1.

    **Arguments:**

    - `weighted`: whether the weights of samples count.
    """

    name = "mae"

    def reset(self) -> None:
        """Forgets what it has seen."""
        self._total = self._count = 0.0

    def update(self, output: Array, target: Array, sample_weight: Array | None = None) -> None:
        """Takes in a batch: outputs and targets of one shape."""
        same_shape(self, output, target)
        weights = spread(sample_weight if self.weighted else None, output.shape)
        self._total += float((weights * np.abs(np.subtract(output, target, dtype=np.float64))).sum())
        self._count += float(weights.sum())

    def result(self) -> float:
        """The mean so far."""
        return self._total / self._count if self._count else float("nan")


class R2(Metric):
    """The share of the targets' variance that is explained: 1 - Σ s (t - y)² / Σ s (t - mean t)².

    The mean over the columns of outputs (N, K), as `sklearn.metrics.r2_score`; further axes are further
    columns. A column whose targets are all equal has 1 where the outputs are right, else 0. The sums are
    merged batch by batch, without loss for targets far from 0 (Chan, Golub, LeVeque 1983).

    **Arguments:**

    - `weighted`: whether the weights of samples count.
    """

    name = "r2"

    def reset(self) -> None:
        """Forgets what it has seen."""
        self._weight = self._mean = self._spread = self._error = np.zeros(1)

    def update(self, output: Array, target: Array, sample_weight: Array | None = None) -> None:
        """Takes in a batch: outputs and targets of one shape."""
        same_shape(self, output, target)
        weights = spread(sample_weight if self.weighted else None, output.shape).reshape(len(output), -1)
        y, t = (values.reshape(len(output), -1).astype(np.float64) for values in (output, target))
        count = weights.sum(axis=0)
        divisor = np.where(count > 0, count, 1.0)
        mean = (weights * t).sum(axis=0) / divisor
        total = self._weight + count
        delta = mean - self._mean
        share = np.divide(count, total, out=np.zeros_like(total), where=total > 0)
        self._error = self._error + (weights * (t - y) ** 2).sum(axis=0)
        self._spread = self._spread + (weights * (t - mean) ** 2).sum(axis=0)
        self._spread = self._spread + delta**2 * self._weight * share
        self._mean = self._mean + delta * share
        self._weight = total

    def result(self) -> float:
        """The figure so far; NaN where nothing was counted."""
        if not self._weight.any():
            return float("nan")
        constant = np.where(self._error > 0, 0.0, 1.0)
        share = np.divide(self._error, self._spread, out=1 - constant, where=self._spread > 0)
        return float((1 - share).mean())
