"""What a model and its loss take: samples and targets as people have them, as arrays that fit."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from fastconv import exchange, nn
from fastconv.nn.classes import Classes
from fastconv.nn.contract import built_in
from fastconv.nn.inputs import NUMBERS, Convert, as_array, check_dtype, check_input, joined, scaling
from fastconv.training.batches import labels
from fastconv.types import Array, Shape

Batch = tuple[Array, Array, Array | None]
"""Inputs, targets, and a weight for each sample or term, or None."""

Part = Callable[[int], slice]
"""A function of the number of samples in a batch: those that this process takes."""


class Samples(NamedTuple):
    """Samples and targets that fit, the shape of the outputs for them, and how inputs are converted."""

    x: Array
    y: Array
    shape: Shape
    convert: Convert | None

    def inputs(self, rows: Any = None) -> Array:
        """These rows of x, or all, in the model's dtype: what is read and converted of a large x."""
        x = self.x if rows is None else self.x[rows]
        return x if self.convert is None else self.convert(x)

    def part(self, rows: slice) -> "Samples":
        """These samples alone: views, no copies."""
        y = self.y[rows]
        return self._replace(x=self.x[rows], y=y, shape=(len(y), *self.shape[1:]))


class Needs:
    """What a model and its loss need of samples and targets."""

    def __init__(self, model: nn.Layer, loss: nn.Loss, dtype: np.dtype[Any]) -> None:
        self.model, self.loss, self._dtype = model, loss, dtype
        self._outputs: dict[Shape, Shape] = {}
        self._numbers = not loss.takes_classes and built_in(type(loss))

    @property
    def classes(self) -> Classes | None:
        """The labels of the model's outputs, where they have any."""
        return self.model._classes

    @property
    def ignored(self) -> int | None:
        """The label that does not count, where the loss has one."""
        return getattr(self.loss, "ignore_index", None) if self.loss.takes_classes else None

    @contextlib.contextmanager
    def learning(self) -> Iterator[None]:
        """Lets the model forget the classes that it learned inside, if what was given is refused."""
        before = self.classes
        try:
            yield
        except BaseException:
            self.model._classes = before
            raise

    def take(self, name: str, x: Any, y: Any, learn: bool = False) -> Samples:
        """Samples and targets as arrays that fit; TypeError and ValueError where x or y does not.

        Lists become arrays, labels the numbers of the model's classes, which are found in y if `learn` and
        the model has none. Where a layer is a user's, the output for the first sample tells its shape, which
        is computed once for each shape of samples. Of x nothing else is read.
        """
        if type(x) is not np.ndarray or not x.ndim:
            x = as_array(name, "x", x, self._dtype)
        if type(y) is not np.ndarray or not y.ndim:
            y = self._as_targets(name, y)
        if len(x) != len(y):
            raise ValueError(f"{name}: y: got {len(y)} samples, needs {len(x)}, as many as x has")
        if len(x) == 0:
            raise ValueError(f"{name}: x: got 0 samples, needs at least 1")
        convert = None
        if x.dtype != self._dtype:
            convert = scaling(self.model, x, self._dtype)
            if convert is None:
                check_dtype(name, x, self._dtype)
        outputs = self._outputs.get(x.shape[1:])
        if outputs is None:
            check_input(self.model, x, name)
            outputs = self._outputs[x.shape[1:]] = self._output_shape(convert(x[:1]) if convert else x[:1])
        shape = (len(x), *outputs)
        if self.loss.takes_classes and outputs:
            y = self._as_classes(name, y, shape, learn)
        self.loss.check(name, "y", y, shape, self._dtype)
        return Samples(x, y, shape, convert)

    def _output_shape(self, first: Array) -> Shape:
        """The shape of a sample's output: what the layers say, or what comes out."""
        if all(built_in(type(layer)) for layer in self.model.modules()):
            with contextlib.suppress(ValueError):  # the layers say it better when they compute
                return self.model.output_shape(first.shape[1:])
        return np.shape(self.model(first))[1:]

    def _as_targets(self, name: str, y: Any) -> Array:
        """Targets as an array; of lists, numbers become those that the loss compares."""
        listed = isinstance(y, list | tuple)
        y = joined(name, "y", y) if listed else exchange.taken(name, "y", y)
        if not isinstance(y, np.ndarray) or y.ndim == 0:
            hint = "; np.asarray(y) would fit" if hasattr(y, "__array__") and np.ndim(y) else ""
            raise TypeError(f"{name}: y: got {kind_of(y)}, needs a numpy array of samples{hint}")
        if listed and (y.dtype.kind == "f" or (self._numbers and y.dtype.kind in NUMBERS)):
            return y.astype(self._dtype, copy=False)
        return y

    def _as_classes(self, name: str, y: Array, shape: Shape, learn: bool) -> Array:
        """Targets of a loss of classes: rows of zeros and a one as probabilities, labels as numbers."""
        other = y.shape == shape and y.dtype != self._dtype
        if other and isinstance(self.loss, nn.CrossEntropyLoss) and labels.are_one_hot(y):
            return y.astype(self._dtype)
        if learn and self.classes is None:
            self.model._classes = labels.learned(name, y, shape[1], self.ignored)
        if self.classes is None and y.dtype.kind in "iu":
            return y
        return labels.encoded(name, y, shape[1], self.classes, self.ignored)


def kind_of(value: object) -> str:
    """What a value is, for an error message."""
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
