"""Metrics that gather what they need over an epoch, and the mean that grows batch by batch."""

import copy
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from fastconv import validate
from fastconv.attributes import Checks, Settings
from fastconv.types import Array

Function = Callable[[Array, Array], Any]
"""`metric(output, target)`: an array with one value for everything that it counts, or a mean."""

EACH = "macro", "micro", None
"""How the figures of classes become one: their mean, that of all classes' counts, or not at all."""


class Metric(Settings):
    """A figure of an epoch that is no mean of its batches' figures.

    One of your own derives from this class and defines `reset`, `update` and `result`. A trainer makes a copy
    for each epoch and each evaluation, so that they do not mix. `result` is a number, or a dict of numbers
    whose keys are `parts`: the history then has one figure for each, `<name>_<part>`.

    **Arguments:**

    - `weighted`: whether the weights of samples and classes count, as they do in the loss.
    """

    name: ClassVar[str] = "metric"
    """The name under which a history lists it, where no other is given."""
    parts: tuple[str, ...] = ()
    checks: ClassVar[Checks] = {"weighted": validate.flag}

    def __init__(self, weighted: bool = False) -> None:
        self.weighted = weighted
        self.reset()

    def reset(self) -> None:
        """Forgets what it has seen."""
        raise NotImplementedError(f"{type(self).__name__} defines no reset")

    def update(self, output: Array, target: Array, sample_weight: Array | None = None) -> None:
        """Takes in a batch: outputs (N, ...), targets as the loss sees them, its weights (N, ...) or None."""
        raise NotImplementedError(f"{type(self).__name__} defines no update")

    def result(self) -> float | Mapping[str, float]:
        """The figure of all that it has seen since `reset`; NaN where that is nothing."""
        raise NotImplementedError(f"{type(self).__name__} defines no result")

    def fresh(self) -> Self:
        """A copy that has seen nothing."""
        other = copy.deepcopy(self)
        other.reset()
        return other


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


def spread(weight: Array | None, shape: tuple[int, ...]) -> Array:
    """The weight of each of the values of this shape: 1, that of its sample, or its own."""
    if weight is None:
        return np.ones(shape)
    weight = np.asarray(weight, np.float64)
    if weight.shape != shape:
        weight = weight.reshape(len(weight), *(1,) * (len(shape) - 1))
    return np.broadcast_to(weight, shape)


def of_classes(
    metric: Metric, output: Array, target: Array, ignore_index: int, weight: Array | None
) -> tuple[Array, Array, Array]:
    """Outputs (M, C), classes (M,) and weights (M,) of the samples, or pixels, that are not ignored.

    Outputs are (N, C, ...), targets class indices (N, ...) or probabilities in the output's shape. ValueError
    for others.
    """
    if target.shape == output.shape:
        target = target.argmax(axis=1) if output.ndim > 1 else target
    if output.ndim < 2 or target.shape != (len(output), *output.shape[2:]) or target.dtype.kind not in "iu":
        got = f"outputs of shape {output.shape}, targets of shape {target.shape}"
        raise ValueError(f"{type(metric).__name__}: target: got {got}, needs the class of each output (N, C)")
    weights = spread(weight, target.shape)
    rows = output if output.ndim == 2 else np.moveaxis(output, 1, -1).reshape(-1, output.shape[1])
    labels, weights = target.reshape(-1), weights.reshape(-1)
    counts = labels != ignore_index
    return (rows, labels, weights) if counts.all() else (rows[counts], labels[counts], weights[counts])


def of_decisions(
    metric: Metric, output: Array, target: Array, weight: Array | None
) -> tuple[Array, Array, Array]:
    """Outputs, targets and weights, each (M, C), of outputs (N, ...) that say yes or no by themselves.

    C is that of (N, C, ...), 1 of (N,). ValueError for targets of another shape.
    """
    same_shape(metric, output, target)
    count = 1 if output.ndim < 2 else output.shape[1]
    weights = spread(weight, output.shape)

    def rows(values: Array) -> Array:
        return (values if values.ndim < 3 else np.moveaxis(values, 1, -1)).reshape(-1, count)

    return rows(output), rows(target), rows(weights)


def same_shape(metric: Metric, output: Array, target: Array) -> None:
    """ValueError where a target has not the output's shape."""
    if target.shape != output.shape:
        got = f"shape {target.shape}"
        raise ValueError(f"{type(metric).__name__}: target: got {got}, needs {output.shape} as the output")
