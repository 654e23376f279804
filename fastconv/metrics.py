"""What a trainer measures beside the loss.

A metric is a function `metric(output, target)` that returns an array with one value for everything it counts
(True where a prediction is right): the trainer averages them all over an epoch. One that returns a single
number is averaged with the batch sizes as weights.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from fastconv.nn import BCEWithLogitsLoss, CrossEntropyLoss
from fastconv.nn.losses import Loss
from fastconv.types import Array

Metric = Callable[[Array, Array], Any]


def accuracy(output: Array, target: Array, ignore_index: int = -100) -> Array:
    """True where the largest of the logits (N, C, ...) is that of the target class.

    The target is class indices (N, ...), or probabilities in the output's shape. What has the target
    `ignore_index` is left out of the result.
    """
    predicted = output.argmax(axis=1)
    if target.shape == output.shape:
        return predicted == target.argmax(axis=1)
    return (predicted == target)[target != ignore_index]


def binary_accuracy(output: Array, target: Array) -> Array:
    """True where a logit and its target agree: the logit above 0 for a target above 1/2."""
    return (output > 0) == (target > 0.5)


def for_loss(loss: Loss) -> dict[str, Metric]:
    """The metrics of a trainer that was given none: accuracy where the loss is one of classification."""
    if isinstance(loss, CrossEntropyLoss):
        return {"accuracy": partial(accuracy, ignore_index=loss.ignore_index)}
    if isinstance(loss, BCEWithLogitsLoss):
        return {"accuracy": binary_accuracy}
    return {}


def named(metrics: Mapping[str, Metric] | Iterable[str | Metric], loss: Loss) -> dict[str, Metric]:
    """Metrics by the name under which a history lists them; "accuracy" means the one that suits the loss."""
    if isinstance(metrics, Mapping):
        return dict(metrics)
    result: dict[str, Metric] = {}
    for metric in metrics:
        if callable(metric):
            result[getattr(metric, "__name__", type(metric).__name__)] = metric
        elif metric in for_loss(loss):
            result[metric] = for_loss(loss)[metric]
        else:
            raise ValueError(
                f"Trainer: metrics: got {metric!r}, needs functions of (output, target)"
                + "".join(f", or {name!r}" for name in for_loss(loss))
            )
    return result


class Mean:
    """A mean that grows batch by batch."""

    def __init__(self) -> None:
        self.total = 0.0
        self.count = 0

    def add(self, value: Any, weight: int) -> None:
        """Takes in an array of values, or one number that stands for `weight` samples."""
        if np.ndim(value):
            self.total += float(np.sum(value, dtype=np.float64))
            self.count += np.size(value)
        else:
            self.total += float(value) * weight
            self.count += weight

    @property
    def value(self) -> float:
        """The mean so far; NaN where nothing was counted."""
        return self.total / self.count if self.count else float("nan")
