"""Losses that compare answers of yes or no, and their gradients.

`reduction` is "none" (the loss of every sample or element), "sum", or "mean". A gradient is that of
the reduced loss with respect to the input; for "none" that of the sum. A mean over nothing, whose divisor
is 0, is NaN, and its gradient 0.
"""

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.ops.loss.targets import element_target
from fastconv.types import Array, Shape
from fastconv.validate import arrays, wrong_value


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


def binary_cross_entropy(
    input: Array, target: Array, weight: Array | None = None, reduction: str = "mean"
) -> Array:
    """Compare probabilities of "yes" with those that are right, as torch.nn.functional.binary_cross_entropy.

    Input and target have one shape and type and are from 0 to 1; the weight broadcasts to the input and
    scales the elements. Logarithms count from -100 up. Returns a scalar, for reduction "none" the shape of
    the input. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    arguments = _element_arguments("binary_cross_entropy", input, target, weight, reduction, None)[:4]
    loss = active().binary_cross_entropy(*arguments)
    if loss is None:
        x, y = arguments[:2]
        _probabilities("input", x, "; binary_cross_entropy_with_logits takes logits")
        _probabilities("target", y)
    return loss


def binary_cross_entropy_input(
    input: Array, target: Array, weight: Array | None = None, reduction: str = "mean"
) -> Array:
    """Gradient of binary_cross_entropy: (input - target) / (input * (1 - input)), weighted and reduced.

    The divisor is at least 1e-12. Target, weight, reduction and errors as in `binary_cross_entropy`, but
    values are not looked at; returns the shape of the input.
    """
    arguments = _element_arguments("binary_cross_entropy_input", input, target, weight, reduction, None)[:4]
    return active().binary_cross_entropy_input(*arguments)


def _element_arguments(
    function: str, input: Array, target: Array, weight: Array | None, reduction: str, pos_weight: Array | None
) -> tuple[Array, Array, Array | None, str, Array | None]:
    """Check the arguments of both; spread the weights over the input."""
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


def _probabilities(name: str, values: Array, hint: str = "") -> None:
    """Raise the error for the first value that is no probability, if there is one."""
    wrong = (values < 0) | (values > 1)
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0].tolist())
        got = f"{values[where]} at index {where[0] if len(where) == 1 else where}" if where else values
        raise wrong_value("binary_cross_entropy", name, got, f"numbers from 0 to 1{hint}")
