"""Activations and their gradients, written with the output, which the forward pass has anyway.

Symbols: x input, y output, g = dL/dy, elementwise or along one axis. Computed in float64.
"""

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
    e = np.exp(-np.abs(input.astype(np.float64)))
    return (np.where(input < 0, e, 1) / (1 + e)).astype(input.dtype)


def sigmoid_input(output: Array, grad_output: Array) -> Array:
    """Gradient of sigmoid: dL/dx = g y (1 - y)."""
    y = output.astype(np.float64)
    return (grad_output * y * (1 - y)).astype(output.dtype)


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
