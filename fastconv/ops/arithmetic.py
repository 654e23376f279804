"""Arithmetic of two arrays, whose shapes NumPy's rules of broadcasting bring together, and its gradients.

What an array was repeated along, its gradient is summed over: that is `sum_to_size`.
"""

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.ops.activation import finite
from fastconv.types import Array, Shape
from fastconv.validate import arrays, same_shape, wrong_value


def add(input: Array, other: Array, relu: bool = False) -> Array:
    """Add two arrays elementwise, as torch.add; with `relu` max(input + other, 0), as after a residual block.

    Their shapes broadcast, as NumPy's and PyTorch's do; returns the shape that they have together. NaN stays
    NaN. The gradient of each is that of the sum, `sum_to_size` of its shape; the sum's, with `relu`, that of
    `relu`: `relu_input(output, grad_output)`. TypeError for wrong types, ValueError for shapes that do not
    fit.
    """
    a, b = _pair("add", input, other)
    result: Array = active().add(a, b, validate.flag("add", "relu", relu))
    return result


def subtract(input: Array, other: Array) -> Array:
    """Subtract `other` from `input` elementwise, as torch.subtract.

    Shapes and errors as for `add`; returns the shape that both have together. The gradient of input is
    `sum_to_size(grad_output, input.shape)`, that of other the same of its shape and negative.
    """
    result: Array = active().subtract(*_pair("subtract", input, other))
    return result


def multiply(input: Array, other: Array) -> Array:
    """Multiply `input` by `other` elementwise, as torch.multiply.

    Shapes and errors as for `add`; returns the shape that both have together.
    """
    result: Array = active().multiply(*_pair("multiply", input, other))
    return result


def divide(input: Array, other: Array) -> Array:
    """Divide `input` by `other` elementwise, as torch.divide; by 0 the result is infinite, or NaN.

    Shapes and errors as for `add`; returns the shape that both have together.
    """
    result: Array = active().divide(*_pair("divide", input, other))
    return result


def maximum(input: Array, other: Array) -> Array:
    """Take the larger of `input` and `other`, elementwise, NaN where one of them is, as torch.maximum.

    Shapes and errors as for `add`; returns the shape that both have together.
    """
    result: Array = active().maximum(*_pair("maximum", input, other))
    return result


def minimum(input: Array, other: Array) -> Array:
    """Take the smaller of `input` and `other`, elementwise, NaN where one of them is, as torch.minimum.

    Shapes and errors as for `add`; returns the shape that both have together.
    """
    result: Array = active().minimum(*_pair("minimum", input, other))
    return result


def multiply_input(input: Array, other: Array, grad_output: Array) -> Array:
    """Gradient of multiply with respect to its input: grad_output * other, summed to the input's shape.

    Input and other are those of the forward call, grad_output has the shape that it returned; returns that of
    the input.
    """
    a, b, G = _checked("multiply_input", input, other, grad_output)
    return _product(G, b, a.shape)


def multiply_other(input: Array, other: Array, grad_output: Array) -> Array:
    """Gradient of multiply with respect to other: grad_output * input, summed to the shape of other.

    Input and other are those of the forward call, grad_output has the shape that it returned.
    """
    a, b, G = _checked("multiply_other", input, other, grad_output)
    return _product(G, a, b.shape)


def divide_input(input: Array, other: Array, grad_output: Array) -> Array:
    """Gradient of divide with respect to its input: grad_output / other, summed to the input's shape.

    Input and other are those of the forward call, grad_output has the shape that it returned; returns that of
    the input.
    """
    a, b, G = _checked("divide_input", input, other, grad_output)
    return _summed(active().divide(G, b), a.shape)


def divide_other(input: Array, other: Array, grad_output: Array) -> Array:
    """Gradient of divide with respect to other: -grad_output * input / other^2, summed to the shape of other.

    Input and other are those of the forward call, grad_output has the shape that it returned.
    """
    a, b, G = _checked("divide_other", input, other, grad_output)
    return active().divide(_product(G, a, b.shape), -b * b)


def maximum_input(input: Array, other: Array, grad_output: Array) -> Array:
    """Gradient of maximum with respect to its input: grad_output where input > other, half where equal.

    Input and other are those of the forward call, grad_output has the shape that it returned. Summed to the
    shape of the input.
    """
    a, b, G = _checked("maximum_input", input, other, grad_output)
    return _product(G, _share(a, b), a.shape)


def maximum_other(input: Array, other: Array, grad_output: Array) -> Array:
    """Gradient of maximum with respect to other: grad_output where other > input, half where equal.

    Input and other are those of the forward call, grad_output has the shape that it returned. Summed to the
    shape of other.
    """
    a, b, G = _checked("maximum_other", input, other, grad_output)
    return _product(G, _share(b, a), b.shape)


def minimum_input(input: Array, other: Array, grad_output: Array) -> Array:
    """Gradient of minimum with respect to its input: grad_output where input < other, half where equal.

    Input and other are those of the forward call, grad_output has the shape that it returned. Summed to the
    shape of the input.
    """
    a, b, G = _checked("minimum_input", input, other, grad_output)
    return _product(G, _share(b, a), a.shape)


def minimum_other(input: Array, other: Array, grad_output: Array) -> Array:
    """Gradient of minimum with respect to other: grad_output where other < input, half where equal.

    Input and other are those of the forward call, grad_output has the shape that it returned. Summed to the
    shape of other.
    """
    a, b, G = _checked("minimum_other", input, other, grad_output)
    return _product(G, _share(a, b), b.shape)


def power(input: Array, exponent: float) -> Array:
    """Raise to a power: input ** exponent, elementwise, as torch.pow with a number.

    Returns the shape of the input; NaN where there is no real result. The exponent is finite. TypeError for
    wrong types.
    """
    x, p = validate.array("power", "input", input), finite("power", "exponent", exponent)
    with np.errstate(all="ignore"):
        return np.asarray(x**p)


def power_input(input: Array, grad_output: Array, exponent: float) -> Array:
    """Gradient of power with respect to its input: grad_output * exponent * input ** (exponent - 1).

    It is 0 with exponent 0. Input and grad_output have one shape, which is returned; the exponent is that of
    the forward call.
    """
    x, G = arrays("power_input", ("input", "grad_output"), input, grad_output)
    same_shape("power_input", "grad_output", G, "input", x.shape)
    p = finite("power_input", "exponent", exponent)
    with np.errstate(all="ignore"):
        return np.asarray(G * (p * x ** (p - 1)) if p else np.zeros_like(x))


def _pair(function: str, input: Array, other: Array) -> tuple[Array, Array]:
    """Check two arrays that broadcast."""
    a, b = arrays(function, ("input", "other"), input, other)
    if a.shape != b.shape:
        _broadcast(function, a, b)
    return a, b


def _broadcast(function: str, a: Array, b: Array) -> Shape:
    """The shape of both together."""
    count = max(a.ndim, b.ndim)
    own, others = ((1,) * (count - x.ndim) + x.shape for x in (a, b))
    if any(m != n and 1 not in (m, n) for m, n in zip(own, others, strict=True)):
        needs = f"a shape that broadcasts with the input's {a.shape}"
        raise wrong_value(function, "other", f"shape {b.shape}", needs)
    shape = tuple(n if m == 1 else m for m, n in zip(own, others, strict=True))
    validate.few_enough(function, "other", f"shape {b.shape}", shape)
    return shape


def _checked(function: str, input: Array, other: Array, grad_output: Array) -> tuple[Array, Array, Array]:
    """Check the arguments of a gradient."""
    a, b, G = arrays(function, ("input", "other", "grad_output"), input, other, grad_output)
    same_shape(function, "grad_output", G, "input and other", _broadcast(function, a, b))
    return a, b, G


def _share(a: Array, b: Array) -> Array:
    """Of the gradient of max(a, b), what a gets: all, half of it where they are equal, nothing."""
    return np.where(a == b, 0.5, ~(a < b)).astype(a.dtype)


def _product(G: Array, factor: Array, shape: Shape) -> Array:
    """grad_output times a factor, summed to this shape."""
    if factor.shape == G.shape:
        return active().sum_to_size(G, shape, factor)
    return _summed(active().multiply(G, factor), shape)


def _summed(G: Array, shape: Shape) -> Array:
    return G if G.shape == shape else active().sum_to_size(G, shape)
