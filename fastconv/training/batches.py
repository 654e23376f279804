"""Training data as batches: from arrays, checked before the first step, or from an iterable of batches."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from fastconv import nn, validate
from fastconv.nn.base import BATCH_SIZE
from fastconv.nn.inputs import check_dtype, check_input
from fastconv.types import Array, Shape

Batch = tuple[Array, Array, Array | None]
"""Inputs, targets, and a weight for each sample or None."""


class Needs:
    """What a model and its loss need of samples and targets."""

    def __init__(self, model: nn.Layer, loss: nn.Loss, dtype: np.dtype[Any]) -> None:
        self._model, self._loss, self._dtype = model, loss, dtype
        self._outputs: dict[Shape, Shape] = {}
        self.takes_probabilities = isinstance(loss, nn.CrossEntropyLoss)

    def check(self, name: str, x: Any, y: Any) -> Shape:
        """The shape of the model's outputs for x; TypeError and ValueError where it or y does not fit.

        The output for the first sample tells, which is computed once for each shape of samples.
        """
        for argument, value in (("x", x), ("y", y)):
            if not isinstance(value, np.ndarray) or value.ndim == 0:
                hint = f"; np.array({argument}) would fit" if isinstance(value, list | tuple) else ""
                raise TypeError(
                    f"{name}: {argument}: got {_kind(value)}, needs a numpy array of samples{hint}"
                )
        if len(x) != len(y):
            raise ValueError(f"{name}: y: got {len(y)} samples, needs {len(x)}, as many as x has")
        if len(x) == 0:
            raise ValueError(f"{name}: x: got 0 samples, needs at least 1")
        check_dtype(name, x, self._dtype)
        if x.shape[1:] not in self._outputs:
            check_input(self._model, x, name)
            self._outputs[x.shape[1:]] = np.shape(self._model(x[:1]))[1:]
        shape = (len(x), *self._outputs[x.shape[1:]])
        self._loss.check(name, "y", y, shape, self._dtype)
        return shape


class ArrayBatches:
    """Arrays (N, ...) cut into batches of `batch_size`, the last of which may be smaller."""

    def __init__(
        self,
        name: str,
        x: Array,
        y: Array,
        batch_size: int,
        needs: Needs,
        sample_weight: Array | None = None,
        class_weight: Mapping[int, float] | None = None,
    ) -> None:
        shape = needs.check(name, x, y)
        self.name, self.x, self.y, self.needs = name, x, y, needs
        self.batch_size = validate.integer(name, "batch_size", batch_size)
        self.sample_weight, self.class_weight = sample_weight, class_weight
        self._weights = _weights(name, y, shape, needs, sample_weight, class_weight)

    def __len__(self) -> int:
        return math.ceil(len(self.x) / self.batch_size)

    def epoch(self, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """All batches once, shuffled by `rng` where there is one."""
        order = None if rng is None else rng.permutation(len(self.x))
        for start in range(0, len(self.x), self.batch_size):
            batch: Any = slice(start, start + self.batch_size)
            if order is not None:
                batch = order[batch]
            yield self.x[batch], self.y[batch], None if self._weights is None else self._weights[batch]

    def split(self, fraction: float, batch_size: int) -> tuple["ArrayBatches", "ArrayBatches"]:
        """The samples without the last `fraction` of them; and these, in batches of `batch_size`.

        Class weights are for training: the last samples have none.
        """
        samples = len(self.x)
        at = samples - round(samples * fraction)
        if not 0 < at < samples:
            needs = "at least one sample on each side"
            raise ValueError(
                f"{self.name}: validation_split: got {fraction} of {samples} samples, needs {needs}"
            )
        first, last = slice(at), slice(at, None)
        return self._of(first, self.batch_size, self.class_weight), self._of(last, batch_size, None)

    def head(self) -> "ArrayBatches":
        """The first sample alone: enough to see whether loss and metrics take the data."""
        return self._of(slice(1), 1, self.class_weight)

    def _of(self, rows: slice, batch_size: int, class_weight: Mapping[int, float] | None) -> "ArrayBatches":
        """Batches of these samples alone."""
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        x, y = self.x[rows], self.y[rows]
        return ArrayBatches(self.name, x, y, batch_size, self.needs, weight, class_weight)


class IterableBatches:
    """Batches (x, y) or (x, y, sample_weight) from a user's iterable, in its order.

    Each is checked before it is given out; errors count the batches from 1.
    """

    def __init__(
        self, name: str, batches: Iterable[Any], class_weight: Mapping[int, float] | None, needs: Needs
    ) -> None:
        self.name, self.batches, self.class_weight, self.needs = name, batches, class_weight, needs

    def epoch(self, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """All batches once; the order is the iterable's."""
        number = 0
        for number, batch in enumerate(self.batches, 1):
            name = f"{self.name}: batch {number}"
            if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
                raise TypeError(f"{name}: got {_kind(batch)}, needs (x, y) or (x, y, sample_weight)")
            x, y, *weight = batch
            shape = self.needs.check(name, x, y)
            given = weight[0] if weight else None
            yield x, y, _weights(name, y, shape, self.needs, given, self.class_weight)
        if not number:
            raise ValueError(f"{self.name}: x: got no batches, needs at least one in each epoch")


Batches = ArrayBatches | IterableBatches


def batches(
    name: str,
    x: Any,
    y: Any,
    batch_size: int,
    needs: Needs,
    sample_weight: Array | None = None,
    class_weight: Mapping[int, float] | None = None,
    epochs: int = 1,
    usual: int = BATCH_SIZE,
) -> Batches:
    """Arrays x and y, or with y None an iterable x of batches, as a model and its loss need them.

    TypeError and ValueError for data that cannot be trained on, under the function's `name`. `usual` is the
    default of `batch_size`, the only one that an iterable takes.
    """
    if class_weight is not None and not isinstance(class_weight, Mapping):
        kind = _kind(class_weight)
        raise TypeError(f"{name}: class_weight: got {kind}, needs a dict: class and weight")
    if y is not None or isinstance(x, np.ndarray) or not isinstance(x, Iterable):
        return ArrayBatches(name, x, y, batch_size, needs, sample_weight, class_weight)
    if sample_weight is not None:
        raise ValueError(f"{name}: sample_weight: got it with batches, needs batches (x, y, sample_weight)")
    if batch_size != usual:
        needed = f"the default, {usual}: they have their own sizes"
        raise ValueError(f"{name}: batch_size: got {batch_size} with batches, needs {needed}")
    if epochs > 1 and iter(x) is x:
        needed = "a list, or another iterable that starts anew"
        raise ValueError(f"{name}: x: got an iterator, which ends after one epoch, needs {needed}")
    return IterableBatches(name, x, class_weight, needs)


def _weights(
    name: str,
    y: Array,
    shape: Shape,
    needs: Needs,
    sample_weight: Array | None,
    class_weight: Mapping[int, float] | None,
) -> Array | None:
    """One weight a sample: the sample's times its class's; None where neither is given.

    `shape` is that of the model's outputs, which tells how many classes there are.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = np.ones(len(y))
    if sample_weight is not None:
        given = np.asarray(sample_weight)
        if given.dtype.kind not in "biuf":
            raise TypeError(f"{name}: sample_weight: got {given.dtype}, needs numbers")
        if given.shape != (len(y),):
            raise ValueError(
                f"{name}: sample_weight: got shape {given.shape}, needs ({len(y)},): one a sample"
            )
        weights *= given
    if class_weight is not None:
        classes = _classes(name, y, shape, needs.takes_probabilities)
        weights *= _class_weights(name, classes, shape, class_weight)
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError(f"{name}: sample_weight, class_weight: got a negative or infinite one, needs >= 0")
    return weights


def _class_weights(name: str, classes: Array, shape: Shape, class_weight: Mapping[int, float]) -> Array:
    """The weight (N,) of each sample's class."""
    # One logit stands for two classes, "no" and "yes".
    last = max(shape[1] - 1, 1) if len(shape) > 1 else 1
    weights = np.ones(len(classes))
    for label, weight in class_weight.items():
        if not isinstance(label, int | np.integer) or isinstance(label, bool):
            raise TypeError(f"{name}: class_weight: got the key {label!r}, needs integers from 0 to {last}")
        if not 0 <= label <= last:
            raise ValueError(f"{name}: class_weight: got the class {label}, needs one from 0 to {last}")
        validate.number(name, f"class_weight[{label}]", weight, 0, math.inf)
        weights[classes == label] *= weight
    return weights


def _classes(name: str, y: Array, shape: Shape, probabilities: bool) -> Array:
    """Each sample's class (N,), from indices (N,), zeros and ones (N, 1), or class probabilities (N, K).

    Only with `probabilities` are targets (N, K) classes; else they are a regression's, or several labels.
    """
    if probabilities and y.shape == shape and y.ndim == 2 and y.shape[1] > 1:
        return y.argmax(axis=1)
    classes = y.reshape(-1)
    if len(classes) != len(y) or (y.dtype.kind == "f" and not np.isin(classes, (0, 1)).all()):
        got = f"targets of shape {y.shape}" if len(classes) != len(y) else "targets that are neither 0 nor 1"
        raise ValueError(f"{name}: class_weight: got {got}, needs one class a sample")
    return classes


def _kind(value: object) -> str:
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
