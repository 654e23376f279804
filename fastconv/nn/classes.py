"""What the outputs of a classifier mean: a label for each of them, a string or an integer."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from fastconv.types import Array
from fastconv.validate import wrong_type, wrong_value

Classes: TypeAlias = tuple[str, ...] | tuple[int, ...]
"""The label of each output, in their order."""


def class_names(function: str, value: Any) -> Classes | None:
    """The labels as a tuple of strings or one of integers, each of which occurs once; None stays None.

    TypeError for anything else, ValueError for a label that occurs twice.
    """
    if value is None:
        return None
    needs = "a list of strings, or one of integers"
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise wrong_type(function, "classes", repr(value), needs)
    names = tuple(value.tolist() if isinstance(value, np.ndarray) else value)
    if names and all(isinstance(name, str) for name in names):
        names = tuple(map(str, names))
    elif names and all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in names):
        names = tuple(map(int, names))
    else:
        raise wrong_type(function, "classes", repr(value), needs)
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise wrong_value(function, "classes", f"{name!r} {times} times", "each label once")
    return names


def labelled(function: str, output: Array, classes: Classes | None) -> Array:
    """The labels (N, ...) of the largest outputs (N, C, ...); of several that are equal, the first.

    ValueError where the outputs are no classes, or not as many as there are labels.
    """
    needs = "an output for each class: (N, C, ...), C at least 2"
    if output.ndim < 2 or output.shape[1] < 2:
        raise wrong_value(function, "model", f"outputs of shape {output.shape}", needs)
    numbers: Array = output.argmax(axis=1)
    if classes is None:
        return numbers
    if len(classes) != output.shape[1]:
        got = f"{output.shape[1]} outputs for {len(classes)} classes"
        raise wrong_value(function, "model", got, "one for each of model.classes")
    return np.array(classes)[numbers]
