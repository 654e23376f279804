"""Losses of the distance between two arrays, and their gradients.

`reduction` is "none" (the loss of every sample or element), "sum", or "mean". A gradient is that of
the reduced loss with respect to the input; for "none" that of the sum. A mean over nothing, whose divisor
is 0, is NaN, and its gradient 0.
"""

import sys

from fastconv import validate
from fastconv.backends import active
from fastconv.ops.loss.targets import element_target
from fastconv.types import Array
from fastconv.validate import number, wrong_value


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Square the difference, as torch.nn.functional.mse_loss.

    Input and target have one shape and type. Returns a scalar, for reduction "none" the shape of the input.
    Raises TypeError for wrong types, ValueError for shapes that do not fit.
    """
    x, y, reduction = _distance_arguments("mse_loss", input, target, reduction)
    return active().mse_loss(x, y, reduction)


def mse_loss_input(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Gradient of mse_loss with respect to its input: 2 (input - target), reduced.

    Target, reduction, errors as in `mse_loss`; returns the shape of the input.
    """
    x, y, reduction = _distance_arguments("mse_loss_input", input, target, reduction)
    return active().mse_loss_input(x, y, reduction)


def l1_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Take the magnitude of the difference, as torch.nn.functional.l1_loss.

    Input and target have one shape and type. Returns a scalar, for reduction "none" the shape of the input.
    Raises TypeError for wrong types, ValueError for shapes that do not fit.
    """
    x, y, reduction = _distance_arguments("l1_loss", input, target, reduction)
    return active().l1_loss(x, y, reduction)


def l1_loss_input(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Gradient of l1_loss with respect to its input: the sign of input - target, reduced.

    Target, reduction, errors as in `l1_loss`; returns the shape of the input.
    """
    x, y, reduction = _distance_arguments("l1_loss_input", input, target, reduction)
    return active().l1_loss_input(x, y, reduction)


def smooth_l1_loss(input: Array, target: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    """Take the difference, near 0 its square, as torch.nn.functional.smooth_l1_loss.

    With d = |input - target|: d^2 / (2 beta) where d < beta, else d - beta / 2; beta is at least 0. Input and
    target have one shape and type. Returns a scalar, for reduction "none" the shape of the input.
    Raises TypeError for wrong types, ValueError for shapes that do not fit.
    """
    x, y, reduction = _distance_arguments("smooth_l1_loss", input, target, reduction)
    beta = at_least_zero("smooth_l1_loss", "beta", beta)
    return active().smooth_l1_loss(x, y, reduction, beta)


def smooth_l1_loss_input(input: Array, target: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    """Gradient of smooth_l1_loss with respect to its input: (input - target) / beta or its sign, reduced.

    Target, reduction, beta and errors as in `smooth_l1_loss`; returns the shape of the input.
    """
    x, y, reduction = _distance_arguments("smooth_l1_loss_input", input, target, reduction)
    beta = at_least_zero("smooth_l1_loss_input", "beta", beta)
    return active().smooth_l1_loss_input(x, y, reduction, beta)


def huber_loss(input: Array, target: Array, reduction: str = "mean", delta: float = 1.0) -> Array:
    """Square the difference, far from 0 take it alone, as torch.nn.functional.huber_loss.

    With d = |input - target|: d^2 / 2 where d < delta, else delta (d - delta / 2); delta is above 0. Input
    and target have one shape and type. Returns a scalar, for reduction "none" the shape of the input. Raises
    TypeError for wrong types, ValueError for shapes that do not fit.
    """
    x, y, reduction = _distance_arguments("huber_loss", input, target, reduction)
    delta = above_zero("huber_loss", "delta", delta)
    return active().huber_loss(x, y, reduction, delta)


def huber_loss_input(input: Array, target: Array, reduction: str = "mean", delta: float = 1.0) -> Array:
    """Gradient of huber_loss with respect to its input: input - target from -delta to delta, reduced.

    Target, reduction, delta and errors as in `huber_loss`; returns the shape of the input.
    """
    x, y, reduction = _distance_arguments("huber_loss_input", input, target, reduction)
    delta = above_zero("huber_loss_input", "delta", delta)
    return active().huber_loss_input(x, y, reduction, delta)


def at_least_zero(function: str, name: str, value: float) -> float:
    """Check a finite number of at least 0."""
    return number(function, name, value, 0, sys.float_info.max)


def above_zero(function: str, name: str, value: float) -> float:
    """Check a finite number above 0."""
    value = at_least_zero(function, name, value)
    if value == 0:
        raise wrong_value(function, name, value, "a number above 0")
    return value


def _distance_arguments(
    function: str, input: Array, target: Array, reduction: str
) -> tuple[Array, Array, str]:
    """Check what all of these take."""
    x = validate.array(function, "input", input)
    y = element_target(function, "target", target, "input", x.shape, x.dtype)
    return x, y, validate.reduction(function, reduction)
