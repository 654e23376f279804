"""Activations and their gradients: elementwise in the order of memory, softmax along rows of vectors."""

import math

import numpy as np

from .engine.geometry import vector
from .engine.jit import kernel
from .memory.buffers import CHUNK, empty, empty_like, flat, flat_like, streams
from .reduce import peak, power
from .simd import exp, full, magnitude, pour, read, select, total, write

CHEAP, EXPONENTIAL = 16.0, 32.0
"""Work of an element that is read and written, and of one with an exponential on the way."""
ROW, ELEMENT = 2000.0, 60.0
"""Work of a row along which a maximum and a sum are taken, and of each of its elements."""
_ravel = np.ndarray.ravel


def relu(input):
    """y = max(x, 0); NaN stays NaN. Any shape."""
    return _elementwise(_relu, CHEAP, input)


def relu_input(output, grad_output):
    """dx = dy where y > 0 (or NaN), else 0."""
    return _elementwise(_relu_input, CHEAP, output, grad_output)


def sigmoid(input):
    """y = 1 / (1 + exp(-x)), from exp(-|x|), which cannot overflow."""
    return _elementwise(_sigmoid, EXPONENTIAL, input)


def sigmoid_input(output, grad_output):
    """dx = dy * y * (1 - y)"""
    return _elementwise(_sigmoid_input, CHEAP, output, grad_output)


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


def _elementwise(run, cost, model, *others):
    """Run an elementwise kernel; the result lies in memory as `model` does, in C order if that has gaps."""
    if model.flags.c_contiguous and (not others or others[0].flags.c_contiguous):
        result = empty(model.shape, model.dtype)
        line, sources = result.ravel(), [*map(_ravel, (model, *others))]
    else:
        result = empty_like(model)
        if result.strides != model.strides:
            model = np.array(model, order="C")
            result = empty_like(model)
        line = flat(result)
        sources = [flat_like(array, model) for array in (model, *others)]
    size = line.size
    run(-(-size // CHUNK), cost * size, vector(line.dtype), *sources, line, streams(line, CHUNK))
    return result


def _along(run, dim, *sources):
    """Run a kernel of rows along `dim`, which is moved to the end and back."""
    last = dim in (-1, sources[0].ndim - 1)
    moved = sources if last else [np.moveaxis(source, dim, -1) for source in sources]
    shape, dtype = moved[0].shape, moved[0].dtype
    result, length = empty(shape, dtype), shape[-1]
    if size := result.size:
        work = ROW * (size // length) + ELEMENT * size
        run(size // length, work, vector(dtype), *map(_ravel, moved), result.ravel(), length)
    return result if last else np.moveaxis(result, -1, dim)


@kernel
def _relu(g, x, y, bypass, first, last):
    """y[i] = max(x[i], 0), NaN stays NaN; overwrites y, past the caches if `bypass`

    A job is CHUNK elements of flat, dense arrays, all in one order; `_elementwise` cuts them.
    """
    end = min(last * CHUNK, x.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        v = read(x, i, g.lanes, count)
        pour(select(v <= 0, 0, v), y, i, count, bypass)


@kernel
def _relu_input(g, y, dy, dx, bypass, first, last):
    """dx[i] = dy[i] where not y[i] <= 0, else 0; overwrites dx, past the caches if `bypass`

    A job is CHUNK elements of flat, dense arrays, all in one order; `_elementwise` cuts them.
    """
    end = min(last * CHUNK, y.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        pour(select(read(y, i, g.lanes, count) <= 0, 0, read(dy, i, g.lanes, count)), dx, i, count, bypass)


@kernel
def _sigmoid(g, x, y, bypass, first, last):
    """y[i] = 1 / (1 + exp(-x[i])), by exp(-|x[i]|); overwrites y, past the caches if `bypass`

    A job is CHUNK elements of flat, dense arrays, all in one order; `_elementwise` cuts them.
    """
    end = min(last * CHUNK, x.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        v = read(x, i, g.lanes, count)
        e = exp(0 - magnitude(v))
        pour(select(v < 0, e, 1) / (e + 1), y, i, count, bypass)


@kernel
def _sigmoid_input(g, y, dy, dx, bypass, first, last):
    """dx[i] = dy[i] * y[i] * (1 - y[i]); overwrites dx, past the caches if `bypass`

    A job is CHUNK elements of flat, dense arrays, all in one order; `_elementwise` cuts them.
    """
    end = min(last * CHUNK, y.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        v = read(y, i, g.lanes, count)
        pour(read(dy, i, g.lanes, count) * v * (1 - v), dx, i, count, bypass)


@kernel
def _softmax(g, x, y, length, first, last):
    """y[n, i] = exp(x[n, i] - m) / sum over j of exp(x[n, j] - m), m = max x[n]; overwrites y

    Rows of `length` elements lie one after another in flat arrays. A job is one row; `_along` cuts them.
    """
    whole = length - length % g.lanes
    for n in range(first, last):
        begin, rest = n * length, n * length + whole
        most = peak(g, x, begin, length)
        sum_ = full(x.dtype.type(0), g.lanes)
        for at in range(begin, rest, g.lanes):
            e = power(g, x, at, g.lanes, most)
            write(e, y, at, g.lanes)
            sum_ = sum_ + e
        if whole < length:
            e = power(g, x, rest, length - whole, most)
            write(e, y, rest, length - whole)
            sum_ = sum_ + e
        scale = 1 / full(total(sum_), g.lanes)
        for at in range(begin, rest, g.lanes):
            write(read(y, at, g.lanes, g.lanes) * scale, y, at, g.lanes)
        if whole < length:
            write(read(y, rest, g.lanes, length - whole) * scale, y, rest, length - whole)


@kernel
def _softmax_input(g, y, dy, dx, length, first, last):
    """dx[n, i] = y[n, i] * (dy[n, i] - sum over j of dy[n, j] * y[n, j]); overwrites dx

    Rows of `length` elements lie one after another in flat arrays. A job is one row; `_along` cuts them.
    """
    for n in range(first, last):
        sum_ = full(y.dtype.type(0), g.lanes)
        for i in range(0, length, g.lanes):
            count, at = min(g.lanes, length - i), n * length + i
            sum_ = sum_ + read(y, at, g.lanes, count) * read(dy, at, g.lanes, count)
        mean = total(sum_)
        for i in range(0, length, g.lanes):
            count, at = min(g.lanes, length - i), n * length + i
            write(read(y, at, g.lanes, count) * (read(dy, at, g.lanes, count) - mean), dx, at, count)


@kernel
def _log_softmax(g, x, y, length, first, last):
    """y[n, i] = x[n, i] - m - log sum over j of exp(x[n, j] - m), m = max x[n]; overwrites y

    Rows of `length` elements lie one after another in flat arrays. A job is one row; `_along` cuts them.
    """
    whole = length - length % g.lanes
    for n in range(first, last):
        most = peak(g, x, n * length, length)
        sum_ = full(x.dtype.type(0), g.lanes)
        for at in range(n * length, n * length + whole, g.lanes):
            sum_ = sum_ + power(g, x, at, g.lanes, most)
        if whole < length:
            sum_ = sum_ + power(g, x, n * length + whole, length - whole, most)
        shift = math.log(total(sum_))
        for i in range(0, length, g.lanes):
            count, at = min(g.lanes, length - i), n * length + i
            write(read(x, at, g.lanes, count) - most - shift, y, at, count)


@kernel
def _log_softmax_input(g, y, dy, dx, length, first, last):
    """dx[n, i] = dy[n, i] - exp(y[n, i]) * sum over j of dy[n, j]; overwrites dx

    Rows of `length` elements lie one after another in flat arrays. A job is one row; `_along` cuts them.
    """
    for n in range(first, last):
        sum_ = full(y.dtype.type(0), g.lanes)
        for i in range(0, length, g.lanes):
            count, at = min(g.lanes, length - i), n * length + i
            sum_ = sum_ + read(dy, at, g.lanes, count)
        sum_of_row = total(sum_)
        for i in range(0, length, g.lanes):
            count, at = min(g.lanes, length - i), n * length + i
            gradient = read(dy, at, g.lanes, count) - exp(read(y, at, g.lanes, count)) * sum_of_row
            write(gradient, dx, at, count)
