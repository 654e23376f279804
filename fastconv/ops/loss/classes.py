"""Losses that compare classes, and their gradients.

`reduction` is "none" (the loss of every sample or element), "sum", or "mean". A gradient is that of
the reduced loss with respect to the input; for "none" that of the sum. A mean over nothing, whose divisor
is 0, is NaN, and its gradient 0.
"""

from typing import NamedTuple

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.ops.loss.targets import class_target, label_target
from fastconv.types import Array, Indices, Shape
from fastconv.validate import arrays, wrong_value


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
    return _channels_second(gradient, samples)


def nll_loss(
    input: Array,
    target: Indices,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Array:
    """Take the right class's logarithm of its probability, as torch.nn.functional.nll_loss.

    The input holds logarithms of probabilities (`log_softmax`), (C,), (N, C) or (N, C, d1, ...). The target
    holds integers from 0 to C - 1 (or `ignore_index`: such a sample counts nothing) in the input's shape
    without C. The weight (C,) scales the classes; the mean divides by the total weight of the targets.
    Returns a scalar, for reduction "none" an array of the target's shape. Raises TypeError for wrong types,
    ValueError for shapes and values that do not fit.
    """
    samples, arguments = _label_arguments("nll_loss", input, target, weight, ignore_index, reduction)
    loss = active().nll_loss(*arguments)
    if loss is None:
        validate.labels("nll_loss", "target", target, arguments[0].shape[1], ignore_index)
    return loss.reshape(samples) if reduction == "none" else loss


def nll_loss_input(
    input: Array,
    target: Indices,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Array:
    """Gradient of nll_loss with respect to its input: -weight at the target, reduced, and 0 elsewhere.

    The target, weight, ignore_index, reduction and errors as in `nll_loss`; returns the shape of the input.
    """
    samples, arguments = _label_arguments("nll_loss_input", input, target, weight, ignore_index, reduction)
    gradient = active().nll_loss_input(*arguments)
    if gradient is None:
        validate.labels("nll_loss_input", "target", target, arguments[0].shape[1], ignore_index)
    return _channels_second(gradient, samples)


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
    x, w, axis, samples = _classes(function, input, weight)
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
        t = validate.whole_numbers(function, "target", t, x.shape[axis], ignore_index).reshape(-1)
    return samples, _ClassArguments(_rows(x, axis), t, w, ignore_index, reduction, label_smoothing)


def _classes(function: str, input: Array, weight: Array | None) -> tuple[Array, Array | None, int, Shape]:
    """Check input and class weights; return them with the axis of the classes and the samples' shape."""
    x, w = arrays(function, ("input", "weight"), input, weight, optional=1)
    axis = min(1, x.ndim - 1)
    if x.ndim == 0 or x.shape[axis] == 0:
        needs = "(C,), (N, C) or (N, C, d1, ...) with at least one class"
        raise wrong_value(function, "input", f"shape {x.shape}", needs)
    if w is not None and w.shape != (x.shape[axis],):
        needs = f"({x.shape[axis]},), one value for each class of input {x.shape}"
        raise wrong_value(function, "weight", f"shape {w.shape}", needs)
    return x, w, axis, x.shape[:axis] + x.shape[axis + 1 :]


def _label_arguments(
    function: str,
    input: Array,
    target: Indices,
    weight: Array | None,
    ignore_index: int,
    reduction: str,
) -> tuple[Shape, tuple[Array, Indices, Array | None, int, str]]:
    """Check the arguments of nll_loss, and bring them into the form of its backend function.

    Returns also the shape of the samples, which M runs over.
    """
    x, w, axis, samples = _classes(function, input, weight)
    reduction = validate.reduction(function, reduction)
    ignore_index = validate.integer(function, "ignore_index", ignore_index, low=-validate.LARGEST)
    t = label_target(function, "target", target, "input", x.shape)
    t = validate.whole_numbers(function, "target", t, x.shape[axis], ignore_index).reshape(-1)
    return samples, (_rows(x, axis), t, w, ignore_index, reduction)


def _channels_second(gradient: Array, samples: Shape) -> Array:
    """The gradient (M, C) in the shape of the input, whose classes lie in axis 1 where there is a batch."""
    if len(samples) == 1:
        return gradient
    return np.moveaxis(gradient.reshape(*samples, gradient.shape[1]), -1, min(1, len(samples)))


def _rows(array: Array, axis: int) -> Array:
    """Move the classes to the end and all else into one axis in front."""
    return array if array.ndim == 2 else np.moveaxis(array, axis, -1).reshape(-1, array.shape[axis])
