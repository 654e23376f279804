"""Checks of targets, whose errors say how to convert them."""

from typing import Any

import numpy as np

from fastconv import validate
from fastconv.types import Array, Indices, Shape
from fastconv.validate import wrong_type, wrong_value


def class_target(
    function: str, name: str, target: Array | Indices, other: str, shape: Shape, dtype: np.dtype[Any]
) -> Array:
    """Check a target of logits of this shape and dtype, which the error calls `other`; return it native.

    It is integers in the shape without its classes, whose range is not looked at, or probabilities in the
    shape and dtype themselves. TypeError or ValueError for all else: they say how to convert it.
    """
    t = validate.native(function, name, target)
    kind, axis = t.dtype.kind, min(1, len(shape) - 1)
    before, after = shape[:axis], shape[axis + 1 :]
    if (kind in "iu" and t.shape == before + after) or (t.dtype == dtype and t.shape == shape):
        return t
    if kind == "f" and t.shape == shape:
        fits = f"{name}.astype(np.{dtype})"
        raise wrong_type(function, name, t.dtype, f"{dtype} to match {other}; {fits} would fit")
    raise _no_labels(function, name, t, other, shape, True)


def label_target(function: str, name: str, target: Indices, other: str, shape: Shape) -> Array:
    """Check class labels of logarithms of this shape, as `class_target` does; return them native."""
    t = validate.native(function, name, target)
    axis = min(1, len(shape) - 1)
    if t.dtype.kind in "iu" and t.shape == shape[:axis] + shape[axis + 1 :]:
        return t
    raise _no_labels(function, name, t, other, shape, False)


def _no_labels(
    function: str, name: str, t: Array, other: str, shape: Shape, probabilities: bool
) -> Exception:
    """The error for a target that is neither labels nor, where they would do, probabilities."""
    kind, axis = t.dtype.kind, min(1, len(shape) - 1)
    before, after = shape[:axis], shape[axis + 1 :]
    labels = f"integers of shape {before + after} as class labels"
    got = f"{t.dtype} of shape {t.shape}"
    if t.shape == before + after:
        return wrong_type(function, name, t.dtype, labels + _hint(name, t))
    if t.shape == (*before, 1, *after):
        place = "[:, 0]" if axis else "[0]"
        return wrong_value(function, name, got, labels + _hint(f"{name}{place}", t))
    if t.shape == shape:
        one_hot = kind in "biu" and ((t == 0) | (t == 1)).all() and (t.sum(axis=axis) == 1).all()
        hint = f"; {name}.argmax(axis={axis}) would fit" if one_hot else ""
        return wrong_value(function, name, got, labels + hint)
    either = f" or {shape} as probabilities" if probabilities else ""
    needs = f"{before + after} as class labels{either}, to match {other}"
    return wrong_value(function, name, f"shape {t.shape}", needs)


def _hint(name: str, values: Array) -> str:
    """How the array `name` becomes the labels that its values mean; nothing where they mean none."""
    kind, held = (
        values.dtype.kind,
        {type(value) for value in values.flat} if values.dtype == object else set(),
    )
    if kind in "iu":
        return f"; {name} would fit"
    whole = kind == "f" and np.isfinite(values).all() and (values == np.trunc(values)).all()
    if kind == "b" or whole or (held and all(issubclass(each, int | np.integer) for each in held)):
        return f"; {name}.astype(np.int64) would fit"
    if kind in "SU" or (held and all(issubclass(each, str) for each in held)):
        # Numbered anew in each array, a class that one of them lacks would shift the others.
        return f"; np.searchsorted(classes, {name}) with classes = np.unique(training labels) would fit"
    return ""


def element_target(
    function: str, name: str, target: Array, other: str, shape: Shape, dtype: np.dtype[Any]
) -> Array:
    """Check a target of a number for each element of an array `other`; return it native.

    TypeError for another dtype, ValueError for another shape: they say how to convert it.
    """
    t = validate.native(function, name, target)
    fits = name
    if (*t.shape, 1) == shape:
        fits += "[..., None]"
    elif t.shape == (*shape, 1):
        fits += "[..., 0]"
    convertible = t.dtype.kind in "biuf" and (t.shape == shape or fits != name)
    if t.dtype != dtype:
        hint = f"; {fits}.astype(np.{dtype}) would fit" if convertible else ""
        raise wrong_type(function, name, t.dtype, f"{dtype} to match {other}{hint}")
    if t.shape != shape:
        hint = f"; {fits} would fit" if convertible else ""
        raise wrong_value(function, name, f"shape {t.shape}", f"{shape} to match {other}{hint}")
    return t
