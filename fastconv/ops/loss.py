"""Losses and their gradients.

`reduction` is "none" (the loss of every sample or element), "sum", or "mean". A gradient is that of
the reduced loss with respect to the input; for "none" that of the sum. A mean over nothing, whose divisor
is 0, is NaN, and its gradient 0.
"""

from typing import Any, NamedTuple

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.ops.replay import replayed
from fastconv.types import Array, Indices, Shape
from fastconv.validate import arrays, wrong_type, wrong_value


@replayed
def cross_entropy(
    input: Array,
    target: Array | Indices,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array:
    """Compare logits with class labels or probabilities, as torch.nn.functional.cross_entropy.

    The input holds logits, (C,), (N, C) or (N, C, d1, ...). The target holds integers from 0 to
    C - 1 (or `ignore_index`: such a sample counts nothing) in the input's shape without C, or
    probabilities in the input's shape and type. The weight (C,) scales the classes; the mean over
    labels divides by the total weight of the targets. `label_smoothing` mixes the target with the
    uniform distribution. Returns a scalar, for reduction "none" an array of the labels' shape.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    samples, arguments = _class_arguments(
        "cross_entropy", input, target, weight, ignore_index, reduction, label_smoothing
    )
    loss = active().cross_entropy(*arguments)
    if loss is None:
        validate.labels("cross_entropy", "target", target, arguments.input.shape[1], ignore_index)
    return loss.reshape(samples) if reduction == "none" else loss


@replayed
def cross_entropy_input(
    input: Array,
    target: Array | Indices,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array:
    """Gradient of cross_entropy with respect to its input: softmax(input) - target, weighted and reduced.

    Target, weight, ignore_index, reduction, label_smoothing and errors as in `cross_entropy`;
    returns the shape of the input.
    """
    samples, arguments = _class_arguments(
        "cross_entropy_input", input, target, weight, ignore_index, reduction, label_smoothing
    )
    gradient = active().cross_entropy_input(*arguments)
    if gradient is None:
        validate.labels("cross_entropy_input", "target", target, arguments.input.shape[1], ignore_index)
    if len(samples) == 1:
        return gradient
    return np.moveaxis(gradient.reshape(*samples, gradient.shape[1]), -1, min(1, len(samples)))


@replayed
def binary_cross_entropy_with_logits(
    input: Array,
    target: Array,
    weight: Array | None = None,
    reduction: str = "mean",
    pos_weight: Array | None = None,
) -> Array:
    """Compare logits with probabilities of "yes", as torch.nn.functional.binary_cross_entropy_with_logits.

    Input and target have one shape and type, the target is normally from 0 to 1; weight scales the
    elements, pos_weight the "yes" part, both broadcast to the input. Returns a scalar, for
    reduction "none" the shape of the input. Stable for any magnitude. Raises TypeError for wrong
    types, ValueError for shapes that do not fit.
    """
    name = "binary_cross_entropy_with_logits"
    arguments = _element_arguments(name, input, target, weight, reduction, pos_weight)
    return active().binary_cross_entropy_with_logits(*arguments)


@replayed
def binary_cross_entropy_with_logits_input(
    input: Array,
    target: Array,
    weight: Array | None = None,
    reduction: str = "mean",
    pos_weight: Array | None = None,
) -> Array:
    """Gradient of binary_cross_entropy_with_logits with respect to its input: sigmoid(input) - target.

    The weight, reduction, pos_weight and errors as in `binary_cross_entropy_with_logits`; returns the
    shape of the input.
    """
    name = "binary_cross_entropy_with_logits_input"
    arguments = _element_arguments(name, input, target, weight, reduction, pos_weight)
    return active().binary_cross_entropy_with_logits_input(*arguments)


@replayed
def mse_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Square the difference, as torch.nn.functional.mse_loss.

    Input and target have one shape and type. Returns a scalar, for reduction "none" the shape of
    the input.
    Raises TypeError for wrong types, ValueError for shapes that do not fit.
    """
    x = validate.array("mse_loss", "input", input)
    y = element_target("mse_loss", "target", target, "input", x.shape, x.dtype)
    return active().mse_loss(x, y, validate.reduction("mse_loss", reduction))


@replayed
def mse_loss_input(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Gradient of mse_loss with respect to its input: 2 (input - target), reduced.

    Target, reduction and errors as in `mse_loss`; returns the shape of the input.
    """
    x = validate.array("mse_loss_input", "input", input)
    y = element_target("mse_loss_input", "target", target, "input", x.shape, x.dtype)
    return active().mse_loss_input(x, y, validate.reduction("mse_loss_input", reduction))


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
    labels = f"integers of shape {before + after} as class labels"
    got = f"{t.dtype} of shape {t.shape}"
    if t.shape == before + after:
        raise wrong_type(function, name, t.dtype, labels + _hint(name, t))
    if t.shape == (*before, 1, *after):
        place = "[:, 0]" if axis else "[0]"
        raise wrong_value(function, name, got, labels + _hint(f"{name}{place}", t))
    if t.shape == shape:
        one_hot = kind in "biu" and ((t == 0) | (t == 1)).all() and (t.sum(axis=axis) == 1).all()
        hint = f"; {name}.argmax(axis={axis}) would fit" if one_hot else ""
        raise wrong_value(function, name, got, labels + hint)
    needs = f"{before + after} as class labels or {shape} as probabilities, to match {other}"
    raise wrong_value(function, name, f"shape {t.shape}", needs)


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


class _ClassArguments(NamedTuple):
    """The arguments of the backend's cross_entropy."""

    input: Array
    target: Array
    weight: Array | None
    ignore_index: int
    reduction: str
    label_smoothing: float


def _class_arguments(
    function: str,
    input: Array,
    target: Array,
    weight: Array | None,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> tuple[Shape, _ClassArguments]:
    """Check the arguments of cross_entropy; bring the input to (M, C), the target to (M,) or (M, C).

    Returns also the shape of the samples, which M runs over.
    """
    x, w = arrays(function, ("input", "weight"), input, weight, optional=1)
    axis = min(1, x.ndim - 1)
    if x.ndim == 0 or x.shape[axis] == 0:
        needs = "(C,), (N, C) or (N, C, d1, ...) with at least one class"
        raise wrong_value(function, "input", f"shape {x.shape}", needs)
    classes, samples = x.shape[axis], x.shape[:axis] + x.shape[axis + 1 :]
    if w is not None and w.shape != (classes,):
        needs = f"({classes},), one value for each class of input {x.shape}"
        raise wrong_value(function, "weight", f"shape {w.shape}", needs)
    reduction = validate.reduction(function, reduction)
    ignore_index = validate.integer(function, "ignore_index", ignore_index, low=-validate.LARGEST)
    label_smoothing = validate.number(function, "label_smoothing", label_smoothing, 0, 1)

    t = class_target(function, "target", target, "input", x.shape, x.dtype)
    if t.dtype.kind == "f":
        if ignore_index >= 0:
            needs = "a negative number where the target is probabilities"
            raise wrong_value(function, "ignore_index", ignore_index, needs)
        t = _rows(t, axis)
    else:
        t = validate.whole_numbers(function, "target", t, classes, ignore_index).reshape(-1)
    return samples, _ClassArguments(_rows(x, axis), t, w, ignore_index, reduction, label_smoothing)


def _rows(array: Array, axis: int) -> Array:
    """Move the classes to the end and all else into one axis in front."""
    return array if array.ndim == 2 else np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])


def _element_arguments(
    function: str, input: Array, target: Array, weight: Array | None, reduction: str, pos_weight: Array | None
) -> tuple[Array, Array, Array | None, str, Array | None]:
    """Check the arguments of binary_cross_entropy_with_logits; spread the weights over the input."""
    names = "input", "weight", "pos_weight"
    x, w, p = arrays(function, names, input, weight, pos_weight, optional=2)
    y = element_target(function, "target", target, "input", x.shape, x.dtype)
    w = _spread(function, "weight", w, x.shape)
    p = _spread(function, "pos_weight", p, x.shape)
    return x, y, w, validate.reduction(function, reduction), p


def _spread(function: str, name: str, weight: Array | None, shape: Shape) -> Array | None:
    if weight is None or weight.shape == shape:
        return weight
    try:
        return np.broadcast_to(weight, shape)
    except ValueError:
        needs = f"one that broadcasts to input {shape}"
        raise wrong_value(function, name, f"shape {weight.shape}", needs) from None
