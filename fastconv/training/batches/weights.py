"""The weights of a loss's terms: those of samples or pixels, times those of their classes."""

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from fastconv import exchange, validate
from fastconv.training.batches.needs import Needs, Samples, kind_of
from fastconv.types import Array

BALANCED = "balanced"

ClassWeight: TypeAlias = Mapping[int, float] | Mapping[str, float] | list[float] | Array | str
"""{class: weight}, a weight for each class, or "balanced"."""


class Weights:
    """The weights of samples that were given, and the weight of each class; both may be None."""

    def __init__(
        self, name: str, samples: Samples, needs: Needs, sample_weight: Any = None, table: Array | None = None
    ) -> None:
        self._needs, self._name, self._table = needs, name, table
        self._given = None if sample_weight is None else _given(name, samples, needs, sample_weight)

    def of(self, rows: Any, y: Array) -> Array | None:
        """Those of the samples in these rows, which have the targets y: (N,), or one for each pixel."""
        given = None if self._given is None else self._given[rows]
        if self._table is None:
            return given
        weights = class_weights(self._table, classes_of(self._name, "class_weight", y, self._needs))
        if given is None:
            return weights
        return weights * given.reshape(*given.shape, *(1,) * (weights.ndim - given.ndim))

    def part(self, rows: Any) -> Array | None:
        """The weights of these samples that were given."""
        return None if self._given is None else self._given[rows]


def table_of(name: str, samples: Samples, needs: Needs, class_weight: ClassWeight | None) -> Array | None:
    """The weight of each class (C,), 1 where none was given; None where there is no class weight.

    "balanced" is n / (k count(c)) for n samples or pixels of k classes, as in scikit-learn; what is ignored
    does not count. TypeError and ValueError for weights that do not fit, and for targets that are no classes.
    """
    if class_weight is None:
        return None
    # One logit stands for two classes, "no" and "yes".
    count = max(samples.shape[1], 2) if len(samples.shape) > 1 else 2
    classes = classes_of(name, "class_weight", samples.y, needs)
    table = np.ones(count)
    if isinstance(class_weight, Mapping):
        for label, weight in class_weight.items():
            number = _number(name, label, needs, count)
            table[number] *= validate.number(name, f"class_weight[{label!r}]", weight, 0, math.inf)
    elif isinstance(class_weight, str) and class_weight == BALANCED:
        labels = classes[(classes >= 0) & (classes < count)].astype(np.int64)
        found = np.bincount(labels.reshape(-1), minlength=count)
        present = found > 0
        table[present] = labels.size / (present.sum() * found[present])
    else:
        table = _numbers(name, "class_weight", class_weight)
        if table.shape != (count,):
            needed = f"({count},): one a class"
            raise ValueError(f"{name}: class_weight: got shape {table.shape}, needs {needed}")
    return _checked(name, table)


def class_weights(table: Array, classes: Array) -> Array:
    """The weight of each sample's or pixel's class; 1 of one that is ignored."""
    inside = (classes >= 0) & (classes < len(table))
    weights: Array = np.where(inside, table[np.where(inside, classes, 0).astype(np.int64)], 1.0)
    return weights


def classes_of(name: str, argument: str, y: Array, needs: Needs) -> Array:
    """The class of each sample (N,) or pixel (N, d1, ...).

    y is labels, probabilities (N, C, ...), or zeros and ones: (N,) or (N, 1), or (N, 1, d1, ...) of a loss
    of yes and no, whose classes keep that shape. ValueError for a regression's targets and several labels.
    """
    if needs.loss.takes_classes:
        return y.argmax(axis=1) if y.dtype.kind == "f" else y
    pixels = needs.loss.threshold is not None and y.ndim > 2 and y.shape[1] == 1
    classes = y if pixels else y.reshape(-1)
    if len(classes) != len(y) or (y.dtype.kind == "f" and not np.isin(classes, (0, 1)).all()):
        got = f"targets of shape {y.shape}" if len(classes) != len(y) else "targets that are neither 0 nor 1"
        raise ValueError(f"{name}: {argument}: got {got}, needs one class a sample")
    return classes


def check_form(name: str, class_weight: Any) -> None:
    """TypeError for what cannot be weights of classes."""
    if class_weight is None or isinstance(class_weight, Mapping | list | tuple | np.ndarray):
        return
    if not (isinstance(class_weight, str) and class_weight == BALANCED):
        got = repr(class_weight) if isinstance(class_weight, str) else kind_of(class_weight)
        needs = 'a dict: class and weight, a list with one weight for each class, or "balanced"'
        raise TypeError(f"{name}: class_weight: got {got}, needs {needs}")


def _number(name: str, label: Any, needs: Needs, count: int) -> int:
    """The number of the class that a key of the dict means: a label of the model's classes, or itself."""
    known = needs.classes
    if known is not None and label in known and not isinstance(label, bool):
        return known.index(label)
    if known is not None and (isinstance(label, str) or not isinstance(known[0], str)):
        raise ValueError(f"{name}: class_weight: got the class {label!r}, needs one of model.classes {known}")
    if not isinstance(label, int | np.integer) or isinstance(label, bool):
        needed = f"integers from 0 to {count - 1}"
        raise TypeError(f"{name}: class_weight: got the key {label!r}, needs {needed}")
    if not 0 <= label < count:
        raise ValueError(f"{name}: class_weight: got the class {label}, needs one from 0 to {count - 1}")
    return int(label)


def _given(name: str, samples: Samples, needs: Needs, sample_weight: Any) -> Array:
    """The weights of samples, or of the loss's terms, in float64."""
    given = _numbers(name, "sample_weight", sample_weight)
    shape = samples.shape
    terms = (shape[0], *shape[2:]) if needs.loss.takes_classes else shape
    if given.shape not in ((shape[0],), terms):
        needed = f"({shape[0]},): one a sample"
        needed += f", or {terms}: one a term of the loss" if len(terms) > 1 else ""
        raise ValueError(f"{name}: sample_weight: got shape {given.shape}, needs {needed}")
    return _checked(name, given)


def _numbers(name: str, argument: str, value: Any) -> Array:
    given = np.asarray(exchange.taken(name, argument, value))
    if given.dtype.kind not in "biuf":
        raise TypeError(f"{name}: {argument}: got {given.dtype}, needs numbers")
    return given.astype(np.float64)


def _checked(name: str, weights: Array) -> Array:
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError(f"{name}: sample_weight, class_weight: got a negative or infinite one, needs >= 0")
    return weights
