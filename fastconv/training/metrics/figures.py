"""The loss and the metrics of an epoch."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.nn.losses import Loss
from fastconv.training.metrics.base import Function, Mean, Metric
from fastconv.types import Array


class Figures:
    """The loss and the metrics over many batches: up to rounding those of one batch with all samples."""

    def __init__(self, loss: Loss, metrics: Mapping[str, Function | Metric]) -> None:
        self._loss, self._loss_mean = loss, Mean()
        self._metrics = {
            name: metric.fresh() if isinstance(metric, Metric) else _Function(name, metric)
            for name, metric in metrics.items()
        }

    def add(self, loss: float, output: Array, target: Array, sample_weight: Array | None) -> bool:
        """Takes in a batch and its loss; whether anything in it counts for the loss."""
        summed = self._loss.reduction == "sum"
        count = 1.0 if summed else self._loss.count(output, target, sample_weight)
        self._loss_mean.add(loss, count)
        if not count:
            self._loss_mean.total += self._loss.remainder(output, target, sample_weight)
        for metric in self._metrics.values():
            metric.update(output, target, sample_weight)
        return bool(count)

    def values(self) -> dict[str, float]:
        """The mean of each; of a loss that is a sum the sum over all batches."""
        loss = self._loss_mean
        values = {"loss": loss.total if self._loss.reduction == "sum" else loss.value}
        for name, metric in self._metrics.items():
            result = metric.result()
            if isinstance(result, Mapping):
                values |= {f"{name}_{part}": float(value) for part, value in result.items()}
            else:
                values[name] = float(result)
        return values


class _Function:
    """The mean of what a function gives."""

    def __init__(self, name: str, function: Function) -> None:
        self._name, self._function, self._mean = name, function, Mean()

    def update(self, output: Array, target: Array, sample_weight: Array | None) -> None:
        """Takes in a batch: the function's values, or its mean over the batch."""
        value: Any = self._function(output, target)
        if np.asarray(value).dtype.kind not in "biuf":
            needs = "a number, or an array with one for everything that it counts"
            got = f"{type(value).__name__} from {self._name}"
            raise validate.wrong_type("Trainer", "metrics", got, needs)
        self._mean.add(value, len(target))

    def result(self) -> float:
        """The mean so far."""
        return self._mean.value
