"""Activations and their gradients: elementwise in the order of memory, softmax along rows."""

import math

import numpy as np

from .buffers import flat, flat_like, plain
from .jit import inline, kernel
from .reduce import peak


def relu(input):
    """y = max(x, 0); NaN stays NaN. Any shape."""
    output = np.empty_like(input, subok=False)
    return _elementwise(_relu, 1, output, input)


def relu_input(output, grad_output):
    """dx = dy where y > 0 (or NaN), else 0."""
    grad_input = np.empty_like(output, subok=False)
    return _elementwise(_relu_input, 1, grad_input, output, grad_output)


def sigmoid(input):
    """y = 1 / (1 + exp(-x)), from exp(-|x|), which cannot overflow."""
    output = np.empty_like(input, subok=False)
    return _elementwise(_sigmoid, 16, output, input)


def sigmoid_input(output, grad_output):
    """dx = dy * y * (1 - y)"""
    grad_input = np.empty_like(output, subok=False)
    return _elementwise(_sigmoid_input, 1, grad_input, output, grad_output)


def softmax(input, dim):
    """y[i] = exp(x[i] - m) / sum over j of exp(x[j] - m), m = max x, along `dim`."""
    return _along(_softmax, dim, input)


def softmax_input(output, grad_output, dim):
    """dx[i] = y[i] * (dy[i] - sum over j of dy[j] * y[j]) along `dim`."""
    return _along(_softmax_input, dim, output, grad_output)


def log_softmax(input, dim):
    """y[i] = x[i] - m - log sum over j of exp(x[j] - m), m = max x, along `dim`."""
    return _along(_log_softmax, dim, input)


def log_softmax_input(output, grad_output, dim):
    """dx[i] = dy[i] - exp(y[i]) * sum over j of dy[j] along `dim`."""
    return _along(_log_softmax_input, dim, output, grad_output)


CHUNK = 4096
"""Elements of one job."""


def _elementwise(run, cost, result, model, *others):
    """Fill `result`, which lies in memory as `model` does, and return it."""
    if result.strides != model.strides:  # the model has gaps: all go through one dense order
        model = np.array(model, order="C")
        result = np.empty_like(model)
    line = result.reshape(-1) if result.flags.c_contiguous else result.ravel(order="K")
    sources = (flat(model), *(flat_like(other, model) for other in others))
    run(-(-line.size // CHUNK), 2.0 * cost * line.size, *sources, line)
    return result


def _along(run, dim, *sources):
    """Apply a row kernel along `dim`, which is moved last."""
    moved = [np.moveaxis(source, dim, -1) for source in sources]
    shape = moved[0].shape
    result = np.empty(shape, sources[0].dtype)
    if result.size:
        rows = (-1, shape[-1])
        lines = [plain(source).reshape(rows) for source in moved]
        run(result.size // shape[-1], 24.0 * result.size, *lines, result.reshape(rows))
    return np.moveaxis(result, -1, dim)


@inline
def part(array, first, last):
    """The elements of the jobs; indices that start at zero let LLVM vectorise."""
    return array[first * CHUNK : last * CHUNK]


@kernel
def _relu(x, y, first, last):
    x, y = part(x, first, last), part(y, first, last)
    for i in range(y.size):
        value = x[i]
        y[i] = y.dtype.type(0) if value <= 0 else value


@kernel
def _relu_input(y, dy, dx, first, last):
    y, dy, dx = part(y, first, last), part(dy, first, last), part(dx, first, last)
    for i in range(y.size):
        dx[i] = dx.dtype.type(0) if y[i] <= 0 else dy[i]


@kernel
def _sigmoid(x, y, first, last):
    x, y = part(x, first, last), part(y, first, last)
    one = y.dtype.type(1)
    for i in range(y.size):
        e = math.exp(-abs(x[i]))
        y[i] = (e if x[i] < 0 else one) / (one + e)


@kernel
def _sigmoid_input(y, dy, dx, first, last):
    y, dy, dx = part(y, first, last), part(dy, first, last), part(dx, first, last)
    one = y.dtype.type(1)
    for i in range(y.size):
        dx[i] = dy[i] * y[i] * (one - y[i])


@kernel
def _softmax(x, y, first, last):
    for n in range(first, last):
        most, total = peak(x[n]), y.dtype.type(0)
        for i in range(x.shape[1]):
            y[n, i] = math.exp(x[n, i] - most)
            total += y[n, i]
        for i in range(x.shape[1]):
            y[n, i] /= total


@kernel
def _softmax_input(y, dy, dx, first, last):
    for n in range(first, last):
        mean = y.dtype.type(0)
        for i in range(y.shape[1]):
            mean += dy[n, i] * y[n, i]
        for i in range(y.shape[1]):
            dx[n, i] = y[n, i] * (dy[n, i] - mean)


@kernel
def _log_softmax(x, y, first, last):
    for n in range(first, last):
        most, total = peak(x[n]), y.dtype.type(0)
        for i in range(x.shape[1]):
            total += math.exp(x[n, i] - most)
        shift = math.log(total)
        for i in range(x.shape[1]):
            y[n, i] = x[n, i] - most - shift


@kernel
def _log_softmax_input(y, dy, dx, first, last):
    for n in range(first, last):
        total = y.dtype.type(0)
        for i in range(y.shape[1]):
            total += dy[n, i]
        for i in range(y.shape[1]):
            dx[n, i] = dy[n, i] - math.exp(y[n, i]) * total
