"""The area under the receiver operating characteristic, exact."""

from typing import ClassVar

import numpy as np

from fastconv.attributes import Checks
from fastconv.training.metrics.arguments import ignored, threshold_or_none
from fastconv.training.metrics.base import Metric, of_classes, of_decisions
from fastconv.types import Array


class AUC(Metric):
    """How likely an output is larger for a "yes" than for a "no": P(s⁺ > s⁻) + P(s⁺ = s⁻) / 2.

    It is exact, by the ranks of all samples of an epoch, which are kept until then: C outputs in their dtype,
    a weight in float64 if `weighted`, and the target, for each sample or pixel. Of two classes the score is
    the difference of their outputs; of more it is the softmax, and the figure the mean over the classes
    against the rest that have both (`multi_class="ovr"` in `sklearn.metrics.roc_auc_score`). NaN where no
    class has both.

    **Arguments:**

    - `threshold`: None for outputs (N, C, ...), one a class; any number for outputs that say yes or no by
      themselves, whose figure is the mean over C of (N, C, ...).
    - `ignore_index`: the class index of samples that don't count.
    - `weighted`: whether samples count with their weights.
    """

    name = "auc"
    checks: ClassVar[Checks] = {**Metric.checks, "threshold": threshold_or_none, "ignore_index": ignored}

    def __init__(
        self, threshold: float | None = None, *, ignore_index: int = -100, weighted: bool = False
    ) -> None:
        super().__init__(weighted)
        self.threshold = threshold
        self.ignore_index = ignore_index

    def reset(self) -> None:
        """Forgets what it has seen."""
        self._seen: list[tuple[Array, Array, Array | None]] = []

    def update(self, output: Array, target: Array, sample_weight: Array | None = None) -> None:
        """Keeps a batch."""
        weight = sample_weight if self.weighted else None
        if self.threshold is None:
            rows, targets, weights = of_classes(self, output, target, self.ignore_index, weight)
        else:
            rows, targets, weights = of_decisions(self, output, target, weight)
            targets = targets > 0.5
        # Copies: what a batch gave may be written over by the next one.
        self._seen.append((rows.copy(), targets.copy(), weights.copy() if self.weighted else None))

    def result(self) -> float:
        """The area of all that it has seen."""
        if not self._seen:
            return float("nan")
        scores = np.concatenate([rows for rows, _, _ in self._seen])
        targets = np.concatenate([labels for _, labels, _ in self._seen])
        given = [weights for _, _, weights in self._seen if weights is not None]
        weights = np.concatenate(given) if given else np.ones(targets.shape)
        if self.threshold is None:
            scores, targets = _against_the_rest(scores, targets)
            weights = np.broadcast_to(weights[:, None], scores.shape)
        areas = [area(scores[:, c], targets[:, c], weights[:, c]) for c in range(scores.shape[1])]
        areas = [value for value in areas if not np.isnan(value)]
        return float(np.mean(areas)) if areas else float("nan")


def area(score: Array, yes: Array, weight: Array) -> float:
    """Σ w⁺ (W⁻ below + W⁻ equal / 2) / (W⁺ W⁻) over samples (M,); NaN without both or with NaN scores."""
    if np.isnan(score).any():
        return float("nan")
    _, group = np.unique(score, return_inverse=True)
    positive = np.bincount(group, weight * yes)
    negative = np.bincount(group, weight * ~yes)
    total = positive.sum() * negative.sum()
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / total) if total else float("nan")


def _against_the_rest(outputs: Array, labels: Array) -> tuple[Array, Array]:
    """The score of each class (M, K), and whether it is the sample's; of two classes, of the second alone."""
    exact = outputs.astype(np.float64)
    if exact.shape[1] == 2:
        return exact[:, 1:] - exact[:, :1], labels[:, None] == 1
    powers = np.exp(exact - exact.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True), labels[:, None] == np.arange(exact.shape[1])
