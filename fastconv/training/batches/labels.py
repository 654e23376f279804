"""Labels as people have them, strings or any integers, and the numbers of classes in their place."""

import numpy as np

from fastconv.nn.classes import Classes
from fastconv.types import Array
from fastconv.validate import listed, wrong_value


def learned(name: str, y: Array, outputs: int, ignored: int | None) -> Classes | None:
    """The sorted labels in y, one for each output; None where y numbers the outputs from 0.

    Strings have to be as many as there are outputs: ValueError. Integers that are not, and what holds no
    labels, are left to the loss, which tells what it needs.
    """
    y = _words(y)
    if y.dtype.kind == "U":
        found: Classes = tuple(np.unique(y).tolist())
        if len(found) != outputs:
            needs = f"{outputs}, one for each of the model's outputs: model.classes = [...] names others too"
            raise wrong_value(name, "y", f"{len(found)} classes ({_some(found)})", needs)
        return found
    if y.dtype.kind not in "iu":
        return None
    counts = y if ignored is None else y[y != ignored]
    if not counts.size or (counts.min() >= 0 and counts.max() < outputs):
        return None
    found = tuple(np.unique(counts).tolist())
    return found if len(found) == outputs else None


def encoded(name: str, y: Array, outputs: int, classes: Classes | None, ignored: int | None) -> Array:
    """y with the number of its class in place of each label; all else, and numbers of classes, as it is.

    ValueError for a label that is none of the classes, and for strings where there are no classes.
    """
    y = _words(y)
    words = y.dtype.kind == "U"
    if not words and (classes is None or y.dtype.kind not in "iu"):
        return y
    if classes is None:
        needs = "the classes that they name: a fit with arrays learns them, model.classes = [...] sets them"
        raise wrong_value(name, "y", "strings as labels", needs)
    if len(classes) != outputs:
        needs = f"one for each of model.classes ({_some(classes)})"
        raise wrong_value(name, "model", f"{outputs} outputs", needs)
    if not words and isinstance(classes[0], str):
        return y
    known = np.array(classes)
    if words != (known.dtype.kind == "U"):
        raise wrong_value(name, "y", "strings as labels", f"one of model.classes ({_some(classes)})")
    order = np.argsort(known, kind="stable")
    at = order[np.minimum(np.searchsorted(known, y, sorter=order), outputs - 1)]
    unknown = known[at] != y
    if ignored is not None and not words:
        at = np.where(y == ignored, ignored, at)
        unknown &= y != ignored
    if unknown.any():
        where = tuple(np.argwhere(unknown)[0].tolist())
        got = f"the label {y[where].item()!r} at index {where[0] if len(where) == 1 else where}"
        raise wrong_value(name, "y", got, f"one of model.classes ({_some(classes)})")
    return at


def are_one_hot(y: Array) -> bool:
    """Whether y (N, C, ...) has a one for one class of each sample, and zeros for all others."""
    if y.dtype.kind not in "biuf":
        return False
    return bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())


def _words(y: Array) -> Array:
    """Strings as one array of NumPy's strings: from bytes, and from arrays of Python's strings."""
    if y.dtype.kind == "S":
        return np.char.decode(y, "utf-8")
    if y.dtype == object and y.size and all(isinstance(value, str) for value in y.flat):
        return y.astype(str)
    return np.asarray(y, str) if y.dtype.kind == "T" else y


def _some(classes: Classes) -> str:
    return listed([repr(name) for name in classes])
