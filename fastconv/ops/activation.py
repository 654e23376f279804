"""Activations, element by element, and their gradients.

The gradients of relu, sigmoid and tanh take the output of the forward call, the others its input.
"""

import math
import sys

from fastconv.backends import active
from fastconv.types import Array
from fastconv.validate import array, arrays, number, same_shape, wrong_value


def relu(input: Array) -> Array:
    """Rectify: max(input, 0), elementwise, as torch.nn.functional.relu.

    Returns the shape of the input. NaN stays NaN.
    """
    x = array("relu", "input", input)
    return active().relu(x)


def relu_input(output: Array, grad_output: Array) -> Array:
    """Gradient of relu with respect to its input: grad_output where output > 0, and 0 where it is 0.

    Output and grad_output have one shape, which is returned.
    """
    y, g = pair("relu_input", output, grad_output)
    return active().relu_input(y, g)


def sigmoid(input: Array) -> Array:
    """Squash into (0, 1): 1 / (1 + exp(-input)), elementwise, as torch.nn.functional.sigmoid.

    Returns the shape of the input. Stable for any magnitude.
    """
    x = array("sigmoid", "input", input)
    return active().sigmoid(x)


def sigmoid_input(output: Array, grad_output: Array) -> Array:
    """Gradient of sigmoid with respect to its input: grad_output * output * (1 - output).

    Output and grad_output have one shape, which is returned.
    """
    y, g = pair("sigmoid_input", output, grad_output)
    return active().sigmoid_input(y, g)


def tanh(input: Array) -> Array:
    """Squash into (-1, 1): the hyperbolic tangent, elementwise, as torch.nn.functional.tanh.

    Returns the shape of the input. Exact near 0, stable for any magnitude.
    """
    x = array("tanh", "input", input)
    return active().tanh(x)


def tanh_input(output: Array, grad_output: Array) -> Array:
    """Gradient of tanh with respect to its input: grad_output * (1 - output^2).

    Output and grad_output have one shape, which is returned.
    """
    y, g = pair("tanh_input", output, grad_output)
    return active().tanh_input(y, g)


def leaky_relu(input: Array, negative_slope: float = 0.01) -> Array:
    """Rectify, but for a slope: input where it is above 0, else negative_slope * input.

    Elementwise, as torch.nn.functional.leaky_relu. Returns the shape of the input.
    """
    x = array("leaky_relu", "input", input)
    negative_slope = finite("leaky_relu", "negative_slope", negative_slope)
    return active().leaky_relu(x, negative_slope)


def leaky_relu_input(input: Array, grad_output: Array, negative_slope: float = 0.01) -> Array:
    """Gradient of leaky_relu: grad_output where input > 0, else negative_slope * grad_output.

    Input and grad_output have one shape, which is returned; negative_slope is that of the forward call.
    """
    x, g = pair("leaky_relu_input", input, grad_output, "input")
    negative_slope = finite("leaky_relu_input", "negative_slope", negative_slope)
    return active().leaky_relu_input(x, g, negative_slope)


def prelu(input: Array, weight: Array) -> Array:
    """Rectify, but for a learned slope: input where it is above 0, else weight * input.

    As torch.nn.functional.prelu: the weight is () or (1,), for all elements, or (C,), for the channels of an
    input (N, C, ...). Returns the shape of the input.
    """
    x, w = arrays("prelu", ("input", "weight"), input, weight)
    _slopes("prelu", x, w)
    return active().prelu(x, w)


def prelu_input(input: Array, weight: Array, grad_output: Array) -> Array:
    """Gradient of prelu with respect to its input: grad_output where input > 0, else weight * grad_output.

    Input and weight are those of the forward call, grad_output has the shape of the input, which is returned.
    """
    x, w, g = _prelu_arguments("prelu_input", input, weight, grad_output)
    return active().prelu_input(x, w, g)


def prelu_weight(input: Array, weight: Array, grad_output: Array) -> Array:
    """Gradient of prelu with respect to its weight: the sum of input * grad_output where input <= 0.

    Input and weight are those of the forward call, grad_output has the shape of the input. Returns the shape
    of the weight: a sum for each channel, or one of all.
    """
    x, w, g = _prelu_arguments("prelu_weight", input, weight, grad_output)
    return active().prelu_weight(x, w, g)


def elu(input: Array, alpha: float = 1.0) -> Array:
    """Rectify smoothly: input where it is above 0, else alpha * (exp(input) - 1).

    Elementwise, as torch.nn.functional.elu. Returns the shape of the input.
    """
    x = array("elu", "input", input)
    alpha = finite("elu", "alpha", alpha)
    return active().elu(x, alpha)


def elu_input(input: Array, grad_output: Array, alpha: float = 1.0) -> Array:
    """Gradient of elu: grad_output where input > 0, else grad_output * alpha * exp(input).

    Input and grad_output have one shape, which is returned; alpha is that of the forward call.
    """
    x, g = pair("elu_input", input, grad_output, "input")
    alpha = finite("elu_input", "alpha", alpha)
    return active().elu_input(x, g, alpha)


def gelu(input: Array, approximate: str = "none") -> Array:
    """Weigh by the normal distribution: input * Phi(input), as torch.nn.functional.gelu.

    Elementwise; Phi(x) is the probability of at most x. With approximate="tanh" it is computed as
    (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2. Returns the shape of the input.
    """
    x = array("gelu", "input", input)
    approximate = gelu_form("gelu", "approximate", approximate)
    return active().gelu(x, approximate)


def gelu_input(input: Array, grad_output: Array, approximate: str = "none") -> Array:
    """Gradient of gelu: grad_output * (Phi(input) + input * Phi'(input)).

    Input and grad_output have one shape, which is returned; approximate is that of the forward call.
    """
    x, g = pair("gelu_input", input, grad_output, "input")
    approximate = gelu_form("gelu_input", "approximate", approximate)
    return active().gelu_input(x, g, approximate)


def silu(input: Array) -> Array:
    """Weigh by the logistic function: input / (1 + exp(-input)), as torch.nn.functional.silu.

    Elementwise. Returns the shape of the input. Stable for any magnitude.
    """
    x = array("silu", "input", input)
    return active().silu(x)


def silu_input(input: Array, grad_output: Array) -> Array:
    """Gradient of silu: grad_output * s * (1 + input * (1 - s)), s = 1 / (1 + exp(-input)).

    Input and grad_output have one shape, which is returned.
    """
    x, g = pair("silu_input", input, grad_output, "input")
    return active().silu_input(x, g)


def softplus(input: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """Rectify smoothly: log(1 + exp(beta * input)) / beta, as torch.nn.functional.softplus.

    Elementwise; the input itself where beta * input > threshold. Returns the shape of the input. Stable for
    any magnitude. beta is not 0.
    """
    x = array("softplus", "input", input)
    beta = sharpness("softplus", "beta", beta)
    threshold = limit("softplus", "threshold", threshold)
    return active().softplus(x, beta, threshold)


def softplus_input(input: Array, grad_output: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """Gradient of softplus: grad_output / (1 + exp(-beta * input)).

    It is grad_output where beta * input > threshold. Input and grad_output have one shape, which is returned;
    beta and threshold are those of the forward call.
    """
    x, g = pair("softplus_input", input, grad_output, "input")
    beta, threshold = (
        sharpness("softplus_input", "beta", beta),
        limit("softplus_input", "threshold", threshold),
    )
    return active().softplus_input(x, g, beta, threshold)


def hardswish(input: Array) -> Array:
    """Weigh by hardsigmoid: input * min(max(input + 3, 0), 6) / 6, as torch.nn.functional.hardswish.

    Elementwise. Returns the shape of the input.
    """
    x = array("hardswish", "input", input)
    return active().hardswish(x)


def hardswish_input(input: Array, grad_output: Array) -> Array:
    """Gradient of hardswish: grad_output * (input / 3 + 1 / 2) between -3 and 3.

    It is 0 up to -3 and grad_output from 3. Input and grad_output have one shape, which is returned.
    """
    x, g = pair("hardswish_input", input, grad_output, "input")
    return active().hardswish_input(x, g)


def hardsigmoid(input: Array) -> Array:
    """Squash into [0, 1] by a straight line: min(max(input + 3, 0), 6) / 6.

    Elementwise, as torch.nn.functional.hardsigmoid. Returns the shape of the input.
    """
    x = array("hardsigmoid", "input", input)
    return active().hardsigmoid(x)


def hardsigmoid_input(input: Array, grad_output: Array) -> Array:
    """Gradient of hardsigmoid: grad_output / 6 where -3 < input < 3, else 0.

    Input and grad_output have one shape, which is returned.
    """
    x, g = pair("hardsigmoid_input", input, grad_output, "input")
    return active().hardsigmoid_input(x, g)


def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """Cut off both ends: min(max(input, min_val), max_val), as torch.nn.functional.hardtanh.

    Elementwise. Returns the shape of the input. Raises ValueError where min_val is above max_val.
    """
    x = array("hardtanh", "input", input)
    min_val, max_val = ends("hardtanh", min_val, max_val)
    return active().hardtanh(x, min_val, max_val)


def hardtanh_input(input: Array, grad_output: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """Gradient of hardtanh: grad_output where min_val < input < max_val, else 0.

    Input and grad_output have one shape, which is returned; min_val and max_val are those of the forward
    call.
    """
    x, g = pair("hardtanh_input", input, grad_output, "input")
    min_val, max_val = ends("hardtanh_input", min_val, max_val)
    return active().hardtanh_input(x, g, min_val, max_val)


def relu6(input: Array) -> Array:
    """Rectify and cut off at 6: min(max(input, 0), 6), elementwise, as torch.nn.functional.relu6.

    Returns the shape of the input.
    """
    x = array("relu6", "input", input)
    return active().relu6(x)


def relu6_input(input: Array, grad_output: Array) -> Array:
    """Gradient of relu6: grad_output where 0 < input < 6, else 0.

    Input and grad_output have one shape, which is returned.
    """
    x, g = pair("relu6_input", input, grad_output, "input")
    return active().relu6_input(x, g)


def pair(function: str, array: Array, grad_output: Array, name: str = "output") -> tuple[Array, Array]:
    """Check the input or output of a forward call, as `name` says, and the gradient of its shape."""
    y, g = arrays(function, (name, "grad_output"), array, grad_output)
    same_shape(function, "grad_output", g, name, y.shape)
    return y, g


def finite(function: str, name: str, value: float) -> float:
    """Check a number that is not infinite."""
    return number(function, name, value, -sys.float_info.max, sys.float_info.max)


def limit(function: str, name: str, value: float) -> float:
    """Check a number, which may be infinite."""
    return number(function, name, value, -math.inf, math.inf)


def sharpness(function: str, name: str, value: float) -> float:
    """Check the beta of softplus, which it divides by."""
    value = finite(function, name, value)
    if value == 0:
        raise wrong_value(function, name, 0, "a number other than 0")
    return value


def ends(function: str, low: float, high: float) -> tuple[float, float]:
    """Check the two ends of hardtanh."""
    low, high = limit(function, "min_val", low), limit(function, "max_val", high)
    if low > high:
        raise wrong_value(function, "min_val", low, f"at most {high} to match max_val")
    return low, high


def gelu_form(function: str, name: str, value: str) -> str:
    """Check how gelu is computed."""
    if not isinstance(value, str) or value not in ("none", "tanh"):
        raise wrong_value(function, name, repr(value), "'none' or 'tanh'")
    return value


def _slopes(function: str, x: Array, weight: Array) -> None:
    """Check that prelu's weight has one element, or one for each channel of x."""
    channels = x.shape[1] if x.ndim > 1 else 1
    if weight.ndim > 1 or (weight.size != 1 and weight.size != channels) or not weight.size:
        needs = "one element" + (f" or ({channels},), one for each channel" if channels > 1 else "")
        raise wrong_value(function, "weight", f"shape {weight.shape}", f"{needs} of input {x.shape}")


def _prelu_arguments(
    function: str, input: Array, weight: Array, grad_output: Array
) -> tuple[Array, Array, Array]:
    x, w, g = arrays(function, ("input", "weight", "grad_output"), input, weight, grad_output)
    _slopes(function, x, w)
    same_shape(function, "grad_output", g, "input", x.shape)
    return x, w, g
