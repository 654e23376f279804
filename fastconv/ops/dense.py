"""The dense layer and its gradients."""

from fastconv.backends import active
from fastconv.types import Array, Shape
from fastconv.validate import array, arrays, same_shape, wrong_value


def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """Apply an affine map to the last axis: input weight^T + bias, as torch.nn.functional.linear.

    Takes input (..., I), weight (O, I), neither of them 0, and bias (O,), all float32 or all float64; returns
    (..., O).
    Raises TypeError for wrong types, ValueError for shapes that do not fit.
    """
    X, W, b = arrays("linear", ("input", "weight", "bias"), input, weight, bias, optional=1)
    shape = _weight_shape("linear", W)
    if X.shape[-1:] != shape[1:]:
        raise wrong_value("linear", "input", f"shape {X.shape}", f"(..., {shape[1]}) to match weight {shape}")
    if b is not None:
        same_shape("linear", "bias", b, "weight", shape[:1])
    return active().linear(X, W, b)


def linear_input(weight: Array, grad_output: Array) -> Array:
    """Gradient of linear with respect to its input: grad_output weight.

    Takes weight (O, I) and grad_output (..., O); returns (..., I).
    Raises TypeError for wrong types, ValueError for shapes that do not fit.
    """
    W, G = arrays("linear_input", ("weight", "grad_output"), weight, grad_output)
    shape = _weight_shape("linear_input", W)
    if G.shape[-1:] != shape[:1]:
        needs = f"(..., {shape[0]}) to match weight {shape}"
        raise wrong_value("linear_input", "grad_output", f"shape {G.shape}", needs)
    return active().linear_input(W, G)


def linear_weight(input: Array, grad_output: Array) -> Array:
    """Gradient of linear with respect to its weight: grad_output^T input, summed over the leading axes.

    Takes input (..., I) and grad_output (..., O) with the same leading axes; returns (O, I).
    Raises TypeError for wrong types, ValueError for shapes that do not fit.
    """
    X, G = arrays("linear_weight", ("input", "grad_output"), input, grad_output)
    _check_features("linear_weight", "input", X)
    _check_features("linear_weight", "grad_output", G)
    if G.shape[:-1] != X.shape[:-1]:
        needs = f"({', '.join(map(str, (*X.shape[:-1], 'out')))}) to match input {X.shape}"
        raise wrong_value("linear_weight", "grad_output", f"shape {G.shape}", needs)
    return active().linear_weight(X, G)


def linear_bias(grad_output: Array) -> Array:
    """Gradient of linear with respect to its bias: grad_output summed over all axes but the last.

    Takes grad_output (..., O); returns (O,).
    Raises TypeError for wrong types, ValueError for a shape that does not fit.
    """
    G = array("linear_bias", "grad_output", grad_output)
    _check_features("linear_bias", "grad_output", G)
    return active().linear_bias(G)


def _weight_shape(function: str, weight: Array) -> Shape:
    shape = weight.shape
    if len(shape) != 2 or 0 in shape:
        raise wrong_value(function, "weight", f"shape {shape}", "(out, in), neither of them 0")
    return shape


def _check_features(function: str, name: str, array: Array) -> None:
    if array.shape[-1:] in ((), (0,)):
        raise wrong_value(function, name, f"shape {array.shape}", "(..., features) with at least one feature")
