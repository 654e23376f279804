"""Parametric ReLU: a slope below 0 that is learned, one for all elements or one for each channel."""

import math

import numpy as np

from ..engine.geometry import vector
from ..engine.jit import kernel
from ..memory.buffers import CHUNK, channels_last, empty, flat, flat_like, in_one_order, scratch, streams
from ..reduce import column_sums
from ..simd import full, pour, read, select, total, write

ROWS = 256
"""Pixels of a chunk: what they add to the weight's gradient is summed one after another, then the chunks'."""


def prelu(input, weight):
    """y = x where x > 0, else weight x; weight one element, or one for each index of axis 1."""
    return _sloped(input, input, weight)


def prelu_input(input, weight, grad_output):
    """dx = dy where x > 0, else weight dy."""
    return _sloped(input, grad_output, weight)


def _sloped(input, values, weight):
    """`values` where input > 0, else weight times them."""
    if weight.size == 1:
        result, line, sources = in_one_order(input, values)
    else:
        result = empty(np.moveaxis(input, 1, -1).shape, input.dtype)
        line, sources = result.ravel(), [_channels_last(array) for array in (input, values)]
        result = np.moveaxis(result, -1, 1)
    slopes, g = weight.ravel(), vector(line.dtype)
    period = math.lcm(slopes.size, g.lanes)
    _prelu(-(-line.size // CHUNK), 16.0 * line.size, g, *sources, slopes, line, period, streams(line, CHUNK))
    return result


def _channels_last(array):
    """The elements flat, those of axis 1 side by side."""
    return channels_last(array) if array.ndim == 4 else np.moveaxis(array, 1, -1).ravel()


@kernel
def _prelu(g, x, values, weight, y, period, bypass, first, last):
    """y[i] = values[i] where x[i] > 0, else weight[i % weight.size] * values[i]; overwrites y

    Past the caches if `bypass`. `period` is a common multiple of the number of weights and the lanes: the
    weights are repeated that far, so that a vector of them never wraps. A job is CHUNK elements of flat,
    dense arrays, all in one order; `_sloped` cuts them.
    """
    slopes = scratch(period, x)
    for i in range(period):
        slopes[i] = weight[i % weight.size]
    end = min(last * CHUNK, x.size)
    at = first * CHUNK % period
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        v, kept = read(x, i, g.lanes, count), read(values, i, g.lanes, count)
        pour(select(v > 0, kept, read(slopes, at, g.lanes, g.lanes) * kept), y, i, count, bypass)
        at += g.lanes
        if at == period:
            at = 0


def prelu_weight(input, weight, grad_output):
    """dw[c] = sum of dy x where x <= 0, over all elements that weight[c] multiplies; the shape of weight."""
    channels = weight.size
    if channels == 1:
        x, dy = flat(input), flat_like(grad_output, input)
    else:
        x, dy = _channels_last(input), _channels_last(grad_output)
    # One weight for all: the elements of a chunk are summed in lanes.
    jobs = max(1, -(-x.size // (CHUNK if channels == 1 else ROWS * channels)))
    sums = empty((jobs, channels), x.dtype)
    _prelu_weight(jobs, 16.0 * x.size, vector(x.dtype), x, dy, sums)
    return column_sums(sums.ravel(), channels).reshape(weight.shape)


@kernel
def _prelu_weight(g, x, dy, sums, first, last):
    """sums[chunk, c] = sum of dy[i, c] * x[i, c] where x[i, c] <= 0, over the rows i of a chunk

    x and dy are flat (rows, channels), sums is (chunks, channels) and overwritten. A job is a chunk: ROWS
    rows or, of a single channel, CHUNK elements, or what is left; `prelu_weight` cuts them, by shapes alone.
    """
    channels = sums.shape[1]
    for chunk in range(first, last):
        if channels == 1:
            end = min((chunk + 1) * CHUNK, x.size)
            acc = full(x.dtype.type(0), g.lanes)
            for i in range(chunk * CHUNK, end, g.lanes):
                count = min(g.lanes, end - i)
                v = read(x, i, g.lanes, count)
                acc = acc + select(v > 0, 0, v * read(dy, i, g.lanes, count))
            sums[chunk, 0] = total(acc)
        else:
            start, end = chunk * ROWS * channels, min((chunk + 1) * ROWS * channels, x.size)
            for c in range(0, channels, g.lanes):
                count = min(g.lanes, channels - c)
                acc = full(x.dtype.type(0), g.lanes)
                for i in range(start + c, end, channels):
                    v = read(x, i, g.lanes, count)
                    acc = acc + select(v > 0, 0, v * read(dy, i, g.lanes, count))
                write(acc, sums, chunk * channels + c, count)
