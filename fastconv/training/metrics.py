"""What a trainer measures beside the loss.

A metric is a function `metric(output, target)` that returns an array with one value for everything it counts
(True where a prediction is right): the trainer averages them all over an epoch, however they are spread over
its batches. One that returns a single number is a mean over its batch's samples: it is averaged with the
batch sizes as weights. Weights of classes and samples are the loss's, a metric does not see them.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.nn import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, NLLLoss
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


def probable_accuracy(output: Array, target: Array) -> Array:
    """True where a probability and its target agree: both above 1/2, or neither."""
    return (output > 0.5) == (target > 0.5)


def for_loss(loss: Loss) -> dict[str, Metric]:
    """The metrics of a trainer that was given none: accuracy where the loss is one of classification."""
    if isinstance(loss, CrossEntropyLoss | NLLLoss):
        return {"accuracy": partial(accuracy, ignore_index=loss.ignore_index)}
    if isinstance(loss, BCEWithLogitsLoss):
        return {"accuracy": binary_accuracy}
    if isinstance(loss, BCELoss):
        return {"accuracy": probable_accuracy}
    return {}


def named(
    metrics: Mapping[str, str | Metric] | Iterable[str | Metric] | None, loss: Loss
) -> dict[str, Metric]:
    """Metrics by the name under which a history lists them; "accuracy" means the one that suits the loss.

    None are those of `for_loss`. TypeError and ValueError for what is no metric or has no name of its own.
    """
    suitable = for_loss(loss)
    if metrics is None:
        return suitable
    if isinstance(metrics, str) or not isinstance(metrics, Iterable):
        hint = f": [{_shown(metrics)}] would fit" if isinstance(metrics, str) or callable(metrics) else ""
        raise validate.wrong_type("Trainer", "metrics", _shown(metrics), f"a list or a dict of metrics{hint}")
    given = metrics.items() if isinstance(metrics, Mapping) else [(_name(m), m) for m in metrics]
    result: dict[str, Metric] = {}
    for name, metric in given:
        if not isinstance(name, str) or name == "loss" or name.startswith("val_") or name in result:
            needs = 'a name of its own: {"name": function} gives one'
            raise validate.wrong_value("Trainer", "metrics", f"{name!r} as a name", needs)
        result[name] = _function(metric, suitable)
    return result


def _function(metric: Any, suitable: Mapping[str, Metric]) -> Metric:
    if isinstance(metric, str) and metric in suitable:
        return suitable[metric]
    if isinstance(metric, str | type) or not callable(metric):
        needs = "functions of (output, target)" + "".join(f", or {known!r}" for known in suitable)
        error = validate.wrong_value if isinstance(metric, str) else validate.wrong_type
        raise error("Trainer", "metrics", _shown(metric), needs)
    function: Metric = metric
    return function


def _name(metric: Any) -> str:
    return metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__)


def _shown(metric: Any) -> str:
    return getattr(metric, "__name__", repr(metric))


class Mean:
    """A mean that grows batch by batch."""

    def __init__(self) -> None:
        self.total = 0.0
        self.count = 0.0

    def add(self, value: Any, weight: float) -> None:
        """Takes in an array of values, or one number that is the mean over `weight` samples."""
        if np.ndim(value):
            self.total += float(np.sum(value, dtype=np.float64))
            self.count += np.size(value)
        elif weight:  # a mean over no samples is NaN
            self.total += float(value) * weight
            self.count += weight

    @property
    def value(self) -> float:
        """The mean so far; NaN where nothing was counted."""
        return self.total / self.count if self.count else float("nan")


class Figures:
    """The loss and the metrics over many batches: up to rounding those of one batch with all samples."""

    def __init__(self, loss: Loss, metrics: Mapping[str, Metric]) -> None:
        self._loss, self._metrics = loss, metrics
        self._means = {name: Mean() for name in ("loss", *metrics)}

    def add(self, loss: float, output: Array, target: Array, sample_weight: Array | None) -> bool:
        """Takes in a batch and its loss; whether anything in it counts for the loss."""
        summed = self._loss.reduction == "sum"
        count = 1.0 if summed else self._loss.count(output, target, sample_weight)
        self._means["loss"].add(loss, count)
        if not count:
            self._means["loss"].total += self._loss.remainder(output, target, sample_weight)
        for name, metric in self._metrics.items():
            value = metric(output, target)
            if np.asarray(value).dtype.kind not in "biuf":
                needs = "a number, or an array with one for everything that it counts"
                raise validate.wrong_type("Trainer", "metrics", f"{type(value).__name__} from {name}", needs)
            self._means[name].add(value, len(target))
        return bool(count)

    def values(self) -> dict[str, float]:
        """The mean of each; of a loss that is a sum the sum over all batches."""
        values = {name: mean.value for name, mean in self._means.items()}
        return values | {"loss": self._means["loss"].total} if self._loss.reduction == "sum" else values
