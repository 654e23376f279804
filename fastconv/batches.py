"""Training data as batches: from arrays, checked before the first step, or from an iterable of batches."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.types import Array

Batch = tuple[Array, Array, Array | None]
"""Inputs, targets, and a weight for each sample or None."""


class ArrayBatches:
    """Arrays (N, ...) cut into batches of `batch_size`, the last of which may be smaller."""

    def __init__(
        self,
        name: str,
        x: Array,
        y: Array,
        batch_size: int,
        dtype: np.dtype[Any],
        sample_weight: Array | None = None,
        class_weight: Mapping[int, float] | None = None,
    ) -> None:
        self.x, self.y = checked(name, x, y, dtype)
        self.name, self.dtype = name, dtype
        self.batch_size = validate.integer(name, "batch_size", batch_size)
        self.sample_weight, self.class_weight = sample_weight, class_weight
        self._weights = _weights(name, y, sample_weight, class_weight)

    def __len__(self) -> int:
        return math.ceil(len(self.x) / self.batch_size)

    def epoch(self, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """All batches once, shuffled by `rng` where there is one."""
        order = None if rng is None else rng.permutation(len(self.x))
        for start in range(0, len(self.x), self.batch_size):
            part = slice(start, start + self.batch_size)
            chosen = part if order is None else order[part]
            yield self.x[chosen], self.y[chosen], None if self._weights is None else self._weights[chosen]

    def split(self, fraction: float, batch_size: int) -> tuple["ArrayBatches", "ArrayBatches"]:
        """The samples without the last `fraction` of them; and these, in batches of `batch_size`.

        Class weights are for training: the second part has none.
        """
        samples = len(self.x)
        at = samples - round(samples * fraction)
        if not 0 < at < samples:
            needs = "at least one sample on each side"
            raise ValueError(
                f"{self.name}: validation_split: got {fraction} of {samples} samples, needs {needs}"
            )
        first, last = slice(at), slice(at, None)
        return self._part(first, self.batch_size, self.class_weight), self._part(last, batch_size, None)

    def head(self) -> "ArrayBatches":
        """The first sample alone: enough to see whether the data fits the model."""
        return self._part(slice(1), 1, self.class_weight)

    def _part(self, part: slice, batch_size: int, class_weight: Mapping[int, float] | None) -> "ArrayBatches":
        weight = None if self.sample_weight is None else self.sample_weight[part]
        x, y = self.x[part], self.y[part]
        return ArrayBatches(self.name, x, y, batch_size, self.dtype, weight, class_weight)


class IterableBatches:
    """Batches (x, y) or (x, y, sample_weight) as somebody else makes them, in their order."""

    def __init__(
        self,
        name: str,
        batches: Iterable[Any],
        class_weight: Mapping[int, float] | None,
        dtype: np.dtype[Any],
    ) -> None:
        self.name, self.batches, self.class_weight, self.dtype = name, batches, class_weight, dtype

    def epoch(self, rng: np.random.Generator | None = None) -> Iterator[Batch]:
        """All batches once; the order is the iterable's."""
        empty = True
        for batch in self.batches:
            if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
                needs = "(x, y) or (x, y, sample_weight)"
                raise TypeError(f"{self.name}: batch: got {_kind(batch)}, needs {needs}")
            x, y, *weight = batch
            x, y = checked(self.name, x, y, self.dtype)
            yield x, y, _weights(self.name, y, weight[0] if weight else None, self.class_weight)
            empty = False
        if empty:
            raise ValueError(f"{self.name}: x: got no batches, needs at least one in each epoch")


Batches = ArrayBatches | IterableBatches


def batches(
    name: str,
    x: Any,
    y: Any,
    batch_size: int,
    dtype: np.dtype[Any],
    sample_weight: Array | None = None,
    class_weight: Mapping[int, float] | None = None,
    epochs: int = 1,
) -> Batches:
    """Arrays x and y, or with y None an iterable x of batches, ready for a model of this dtype.

    TypeError and ValueError for data that cannot be trained on, under the function's `name`.
    """
    if y is not None or isinstance(x, np.ndarray) or not isinstance(x, Iterable):
        return ArrayBatches(name, x, y, batch_size, dtype, sample_weight, class_weight)
    if sample_weight is not None:
        raise ValueError(f"{name}: sample_weight: got it with batches, needs batches (x, y, sample_weight)")
    if epochs > 1 and iter(x) is x:
        needs = "a list, or another iterable that starts anew"
        raise ValueError(f"{name}: x: got an iterator, which ends after one epoch, needs {needs}")
    return IterableBatches(name, x, class_weight, dtype)


def checked(name: str, x: Any, y: Any, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """The arrays, if they have one length, samples, and the model's dtype."""
    for argument, value in (("x", x), ("y", y)):
        if not isinstance(value, np.ndarray) or value.ndim == 0:
            raise TypeError(f"{name}: {argument}: got {_kind(value)}, needs a numpy array of samples")
    if len(x) != len(y):
        raise ValueError(f"{name}: y: got {len(y)} samples, needs {len(x)}, as many as x has")
    if len(x) == 0:
        raise ValueError(f"{name}: x: got 0 samples, needs at least 1")
    _check_dtype(name, "x", x, dtype)
    if y.dtype.kind == "f":
        _check_dtype(name, "y", y, dtype)
    return x, y


def _check_dtype(name: str, argument: str, array: Array, dtype: np.dtype[Any]) -> None:
    """TypeError where an array has not the model's dtype; it says how to convert."""
    got = array.dtype.newbyteorder("=")
    if got == dtype:
        return
    scale = " / 255" if got == np.uint8 else ""
    raise TypeError(
        f"{name}: {argument}: got {got}, needs {dtype} as the model's parameters; "
        f"{argument}.astype(np.{dtype}){scale} would fit"
    )


def _weights(
    name: str, y: Array, sample_weight: Array | None, class_weight: Mapping[int, float] | None
) -> Array | None:
    """One weight a sample: the sample's times its class's; None where neither is given."""
    if sample_weight is None and class_weight is None:
        return None
    weights = np.ones(len(y))
    if sample_weight is not None:
        if np.shape(sample_weight) != (len(y),):
            shape = np.shape(sample_weight)
            raise ValueError(f"{name}: sample_weight: got shape {shape}, needs ({len(y)},): one a sample")
        weights *= sample_weight
    if class_weight is not None:
        if not isinstance(class_weight, Mapping):
            raise TypeError(
                f"{name}: class_weight: got {_kind(class_weight)}, needs a dict: class and weight"
            )
        classes = _classes(name, y)
        for label, weight in class_weight.items():
            weights[classes == label] *= weight
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError(f"{name}: sample_weight, class_weight: got a negative or infinite one, needs >= 0")
    return weights


def _classes(name: str, y: Array) -> Array:
    """Each sample's class (N,), from indices (N,) or (N, 1) or probabilities (N, C)."""
    if y.ndim == 2 and y.shape[1] > 1:
        return y.argmax(axis=1)
    if y.size != len(y):
        raise ValueError(f"{name}: class_weight: got targets of shape {y.shape}, needs one class a sample")
    return y.reshape(-1)


def _kind(value: object) -> str:
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
