"""Activations and their gradients, elementwise or along one axis. Computed in float64.

Symbols: x input, y output, g = dL/dy. A gradient is written with the output where that suffices, because the
forward pass has it anyway. NaN stays NaN, and at infinity an activation has its limit.
"""

import math

import numpy as np

from fastconv.types import Array


def relu(input: Array) -> Array:
    """Rectify: y = max(x, 0). NaN stays NaN. Any shape."""
    return np.maximum(input, 0)


def relu_input(output: Array, grad_output: Array) -> Array:
    """Gradient of relu: dL/dx = g where y > 0, and 0 where y = 0; where y is NaN, g passes."""
    return np.where(output <= 0, 0, grad_output).astype(grad_output.dtype)


def sigmoid(input: Array) -> Array:
    """Squash into (0, 1): y = 1 / (1 + exp(-x)). Any shape.

    With e = exp(-|x|), which cannot overflow: y = 1 / (1 + e) for x >= 0, e / (1 + e) for x < 0.
    """
    return _logistic(input.astype(np.float64)).astype(input.dtype)


def sigmoid_input(output: Array, grad_output: Array) -> Array:
    """Gradient of sigmoid: dL/dx = g y (1 - y)."""
    y = output.astype(np.float64)
    return (grad_output * y * (1 - y)).astype(output.dtype)


def leaky_relu(input: Array, negative_slope: float = 0.01) -> Array:
    """Rectify, but for a slope: y = x where x > 0, else negative_slope x."""
    x = input.astype(np.float64)
    return np.where(x > 0, x, negative_slope * np.minimum(x, 0)).astype(input.dtype)


def leaky_relu_input(input: Array, grad_output: Array, negative_slope: float = 0.01) -> Array:
    """Gradient of leaky_relu: dL/dx = g where x > 0, else negative_slope g."""
    g = grad_output.astype(np.float64)
    return np.where(input > 0, g, negative_slope * g).astype(input.dtype)


def prelu(input: Array, weight: Array) -> Array:
    """Rectify, but for a slope that is learned: y = x where x > 0, else w_c x.

    The weight has one element, or one for each index c of axis 1.
    """
    x = input.astype(np.float64)
    return np.where(x > 0, x, _along_channels(weight, x) * np.minimum(x, 0)).astype(input.dtype)


def prelu_input(input: Array, weight: Array, grad_output: Array) -> Array:
    """Gradient of prelu for its input: dL/dx = g where x > 0, else w_c g."""
    g = grad_output.astype(np.float64)
    return np.where(input > 0, g, _along_channels(weight, g) * g).astype(input.dtype)


def prelu_weight(input: Array, weight: Array, grad_output: Array) -> Array:
    """Gradient of prelu for its weight: dL/dw_c = sum of g x over all elements of channel c with x <= 0."""
    terms = np.where(input > 0, 0, input.astype(np.float64) * grad_output)
    channels = terms if weight.size == 1 else np.moveaxis(terms, 1, -1)
    return channels.reshape(-1, weight.size).sum(axis=0).astype(input.dtype).reshape(weight.shape)


def elu(input: Array, alpha: float = 1.0) -> Array:
    """Rectify smoothly: y = x where x > 0, else alpha (exp(x) - 1)."""
    x = input.astype(np.float64)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))).astype(input.dtype)


def elu_input(input: Array, grad_output: Array, alpha: float = 1.0) -> Array:
    """Gradient of elu: dL/dx = g where x > 0, else g alpha exp(x)."""
    x = np.minimum(input.astype(np.float64), 0)
    return (grad_output * np.where(input > 0, 1, alpha * np.exp(x))).astype(input.dtype)


def gelu(input: Array, approximate: str = "none") -> Array:
    """Weigh by the normal distribution: y = x Phi(x), Phi(x) = erfc(-x / sqrt(2)) / 2.

    With approximate = "tanh", Phi(x) is nearly (1 + tanh u) / 2 = sigmoid(2 u),
    u = sqrt(2 / pi) (x + 0.044715 x^3).
    """
    x = np.maximum(input.astype(np.float64), -_FAR_NORMAL)  # there y is 0, and -inf would give NaN
    near = np.minimum(x, _FAR_NORMAL)
    share = _logistic(2 * _gelu_argument(near)) if approximate == "tanh" else _normal(near)
    return (x * share).astype(input.dtype)


def gelu_input(input: Array, grad_output: Array, approximate: str = "none") -> Array:
    """Gradient of gelu: dL/dx = g (Phi(x) + x phi(x)), phi(x) = exp(-x^2 / 2) / sqrt(2 pi).

    With approximate = "tanh": phi(x) = Phi(x) (1 - Phi(x)) 2 du/dx.
    """
    x = np.clip(input.astype(np.float64), -_FAR_NORMAL, _FAR_NORMAL)
    if approximate == "tanh":
        u = _gelu_argument(x)
        share = _logistic(2 * u)
        density = share * _logistic(-2 * u) * 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)
    else:
        share, density = _normal(x), np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return (grad_output * (share + x * density)).astype(input.dtype)


def silu(input: Array) -> Array:
    """Weigh by the logistic function: y = x sigmoid(x)."""
    x = np.maximum(input.astype(np.float64), -_FAR)  # there y is 0, and -inf would give NaN
    return (x * _logistic(x)).astype(input.dtype)


def silu_input(input: Array, grad_output: Array) -> Array:
    """Gradient of silu: dL/dx = g (s + x s (1 - s)), s = sigmoid(x)."""
    x = np.clip(input.astype(np.float64), -_FAR, _FAR)
    return (grad_output * (_logistic(x) + x * _logistic(x) * _logistic(-x))).astype(input.dtype)


def tanh(input: Array) -> Array:
    """Squash into (-1, 1): y = (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""
    return np.tanh(input.astype(np.float64)).astype(input.dtype)


def tanh_input(output: Array, grad_output: Array) -> Array:
    """Gradient of tanh: dL/dx = g (1 - y^2)."""
    return (grad_output * (1 - output.astype(np.float64) ** 2)).astype(output.dtype)


def softplus(input: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """Rectify smoothly: y = log(1 + exp(beta x)) / beta, x where beta x > threshold.

    With e = exp(-|beta x|), which cannot overflow: log(1 + exp(u)) = max(u, 0) + log(1 + e).
    """
    x = input.astype(np.float64)
    u = beta * x
    soft = (np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u)))) / beta
    return np.where(u > threshold, x, soft).astype(input.dtype)


def softplus_input(input: Array, grad_output: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """Gradient of softplus: dL/dx = g sigmoid(beta x), g where beta x > threshold."""
    u = beta * input.astype(np.float64)
    return (grad_output * np.where(u > threshold, 1, _logistic(u))).astype(input.dtype)


def hardswish(input: Array) -> Array:
    """Weigh by the hard sigmoid: y = x min(max(x + 3, 0), 6) / 6."""
    x = np.maximum(input.astype(np.float64), -3)  # there y is 0, and -inf would give NaN
    return (x * (np.clip(x + 3, 0, 6) / 6)).astype(input.dtype)


def hardswish_input(input: Array, grad_output: Array) -> Array:
    """Gradient of hardswish: dL/dx = g (x / 3 + 1 / 2) between -3 and 3, 0 below, g above."""
    x = input.astype(np.float64)
    slope = np.where(x <= -3, 0, np.where(x >= 3, 1, x / 3 + 0.5))
    return (grad_output * slope).astype(input.dtype)


def hardsigmoid(input: Array) -> Array:
    """Squash into [0, 1] by a straight line: y = min(max(x + 3, 0), 6) / 6."""
    return (np.clip(input.astype(np.float64) + 3, 0, 6) / 6).astype(input.dtype)


def hardsigmoid_input(input: Array, grad_output: Array) -> Array:
    """Gradient of hardsigmoid: dL/dx = g / 6 between -3 and 3, else 0."""
    g = grad_output.astype(np.float64)
    return np.where((input > -3) & (input < 3), g / 6, 0).astype(input.dtype)


def hardtanh(input: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """Cut off both ends: y = min(max(x, min_val), max_val)."""
    return np.clip(input.astype(np.float64), min_val, max_val).astype(input.dtype)


def hardtanh_input(input: Array, grad_output: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """Gradient of hardtanh: dL/dx = g between min_val and max_val, 0 at these and beyond."""
    return np.where((input <= min_val) | (input >= max_val), 0, grad_output).astype(input.dtype)


def relu6(input: Array) -> Array:
    """Rectify and cut off at 6: y = min(max(x, 0), 6)."""
    return hardtanh(input, 0, 6)


def relu6_input(input: Array, grad_output: Array) -> Array:
    """Gradient of relu6: dL/dx = g where 0 < x < 6, else 0."""
    return hardtanh_input(input, grad_output, 0, 6)


def softmax(input: Array, dim: int) -> Array:
    """Normalise exponentials along `dim`: y_i = exp(x_i - m) / sum_j exp(x_j - m), m = max_j x_j."""
    return np.exp(_log_softmax(input, dim)).astype(input.dtype)


def softmax_input(output: Array, grad_output: Array, dim: int) -> Array:
    """Gradient of softmax: dL/dx_i = y_i (g_i - sum_j g_j y_j)."""
    y = output.astype(np.float64)
    mean = (grad_output * y).sum(axis=dim, keepdims=True)
    return (y * (grad_output - mean)).astype(output.dtype)


def log_softmax(input: Array, dim: int) -> Array:
    """Logarithm of softmax: y_i = x_i - m - log sum_j exp(x_j - m), m = max_j x_j."""
    return _log_softmax(input, dim).astype(input.dtype)


def log_softmax_input(output: Array, grad_output: Array, dim: int) -> Array:
    """Gradient of log_softmax: dL/dx_i = g_i - exp(y_i) sum_j g_j."""
    total = grad_output.sum(axis=dim, keepdims=True, dtype=np.float64)
    return (grad_output - np.exp(output.astype(np.float64)) * total).astype(output.dtype)


def _log_softmax(input: Array, dim: int) -> Array:
    x = input.astype(np.float64)
    if x.size:  # an axis of no elements has no maximum
        x -= x.max(axis=dim, keepdims=True)
        x -= np.log(np.exp(x).sum(axis=dim, keepdims=True))
    return x


_FAR, _FAR_NORMAL = 1e4, 50.0
"""Beyond these the logistic function and the normal distribution are 0 or 1."""
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def _logistic(x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def _normal(x: Array) -> Array:
    """Phi(x), the probability of at most x."""
    return _erfc(-x / math.sqrt(2)) / 2 if x.size else x


def _gelu_argument(x: Array) -> Array:
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)


def _along_channels(weight: Array, array: Array) -> Array:
    """The weight, in float64, with axes that broadcast along axis 1 of an array."""
    wide = weight.astype(np.float64)
    return wide.reshape(()) if wide.size == 1 else wide.reshape(-1, *(1,) * (array.ndim - 2))
