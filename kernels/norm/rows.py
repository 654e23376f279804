"""Layer norm: each row of an array has a mean and a variance of its own, and a factor for each column."""

import math
from functools import lru_cache

import numpy as np

from ..engine.geometry import vector
from ..engine.jit import inline, kernel
from ..memory.buffers import constant, empty, plain, streams
from ..reduce import column_sums
from ..simd import below, cast, clear, full, pour, read, select, total, write

PART = 1 << 15
"""Elements of one job, if a row has fewer."""
PARTS = 64
"""Most parts that the sums over all rows are cut into."""
WORK = 24.0
"""Work of an element that is read, and maybe written, and read once more from a cache."""
_DOUBLE = np.dtype(np.float64)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5, return_statistics=False):
    """y = weight * (x - mean) / sqrt(var + eps) + bias, mean and var over the last axes, `normalized_shape`.

    Returns y, and with `return_statistics` mean and var, of the shape of the axes before.
    """
    before, length = _split(input.shape, normalized_shape)
    y, mean, var = empty(input.shape, input.dtype), empty(before, input.dtype), empty(before, input.dtype)
    ones, zeros = _defaults(length, input.dtype)
    weight = ones if weight is None else plain(weight).ravel()
    bias = zeros if bias is None else plain(bias).ravel()
    jobs, rows = _cut(mean.size, length)
    line = y.ravel()
    _layer_norm(
        jobs, WORK * line.size, vector(input.dtype), plain(input).ravel(), weight, bias, eps, line,
        mean.ravel(), var.ravel(), length, rows, streams(line, length),
    )  # fmt: skip
    return (y, mean, var) if return_statistics else y


def layer_norm_gradients(grad_output, input, mean, var, normalized_shape, weight=None, eps=1e-5):
    """dw = sum dy * z, db = sum dy over the rows, dx = (w*dy - E[w*dy] - z * E[w*dy*z]) / sqrt(var + eps).

    z = (x - mean) / sqrt(var + eps), the means E over a row, the last axes. Returns dw, db, dx.
    """
    _, length = _split(input.shape, normalized_shape)
    dw, db = empty(normalized_shape, input.dtype), empty(normalized_shape, input.dtype)
    dx = empty(input.shape, input.dtype)
    weight = _defaults(length, input.dtype)[0] if weight is None else plain(weight).ravel()
    jobs, rows = _cut(mean.size, length)
    sums, line, g = empty((jobs * 2 * length,), _DOUBLE), dx.ravel(), vector(input.dtype)
    _layer_norm_gradient(
        jobs, 2 * WORK * line.size, g, plain(input).ravel(), plain(grad_output).ravel(),
        plain(mean).ravel(), plain(var).ravel(), weight, eps, line, sums, length, rows,
        streams(line, length),
    )  # fmt: skip
    both = column_sums(sums, 2 * length)
    _halves(1, 8.0 * both.size, g, both, dw.ravel(), db.ravel())
    return dw, db, dx


@lru_cache(maxsize=64)
def _defaults(length, dtype):
    """The weight and the bias where they are not given."""
    return constant(np.ones(length, dtype)), constant(np.zeros(length, dtype))


def _split(shape, normalized_shape):
    """The axes before the normalized ones, and the number of elements of a row."""
    return shape[: len(shape) - len(normalized_shape)], math.prod(normalized_shape)


def _cut(count, length):
    """Jobs and the rows of each, by shapes alone."""
    parts = min(max(1, count * length // PART), PARTS, count)
    rows = -(-count // parts)
    return -(-count // rows), rows


@inline
def _distance(g, x, at, middle, count):
    return cast(select(below(count, g.lanes), read(x, at, g.lanes, count) - middle, 0), np.float64)


@inline
def _affine_of_row(g, x, at, j, count, mean, scale, weight, bias, y, bypass):
    v = (read(x, at + j, g.lanes, count) - mean) * scale
    v = v * read(weight, j, g.lanes, count) + read(bias, j, g.lanes, count)
    pour(v, y, at + j, count, bypass)


@kernel
def _layer_norm(g, x, weight, bias, eps, y, mean, var, length, rows, bypass, first, last):
    """y[i, j] = weight[j] * (x[i, j] - mean[i]) / sqrt(var[i] + eps) + bias[j]; overwrites y, mean and var

    x and y are flat, rows of `length` elements; weight and bias (length,). Sums in float64, of distances
    from the row's first element (see `columns`); y past the caches if `bypass`. A job is `rows` rows or, the
    last, fewer; `_cut` cuts them.
    """
    whole = length - length % g.lanes
    for i in range(first * rows, min(last * rows, mean.size)):
        at = i * length
        middle = x[at]
        one, two = full(0.0, g.lanes), full(0.0, g.lanes)
        for j in range(0, whole, g.lanes):
            d = _distance(g, x, at + j, middle, g.lanes)
            one, two = one + d, two + d * d
        if whole < length:
            d = _distance(g, x, at + whole, middle, length - whole)
            one, two = one + d, two + d * d
        s, q = total(one) / length, total(two) / length
        square = q - s * s
        mean[i] = middle + s
        var[i] = 0.0 if square < 0 else square
        scale = x.dtype.type(1 / math.sqrt(np.float64(var[i]) + eps))
        for j in range(0, whole, g.lanes):
            _affine_of_row(g, x, at, j, g.lanes, mean[i], scale, weight, bias, y, bypass)
        if whole < length:
            _affine_of_row(g, x, at, whole, length - whole, mean[i], scale, weight, bias, y, bypass)


@inline
def _weighted(g, dy, at, weight, j, count):
    return read(dy, at + j, g.lanes, count) * read(weight, j, g.lanes, count)


@kernel
def _layer_norm_gradient(
    g, x, dy, mean, var, weight, eps, dx, sums, length, rows, bypass, first, last
):  # fmt: skip
    """dx[i, j] = (w[j] dy[i, j] - E[w dy] - z[i, j] E[w dy z]) / d[i], and the sums of dy z and dy of a job

    d = sqrt(var + eps), z = (x - mean) / d, E the mean of a row. x, dy and dx are flat, rows of `length`
    elements; weight (length,). Overwrites dx, past the caches if `bypass`, and
    sums[job, 0 and 1, j], float64. A job is `rows` rows or, the last, fewer; `_cut` cuts them, by shapes
    alone.
    """
    for job in range(first, last):
        to = 2 * job * length
        clear(sums, to, 2 * length)
        for i in range(job * rows, min((job + 1) * rows, mean.size)):
            at = i * length
            scale = 1 / math.sqrt(np.float64(var[i]) + eps)
            one, two = full(0.0, g.lanes), full(0.0, g.lanes)
            for j in range(0, length, g.lanes):
                count = min(g.lanes, length - j)
                distance = _distance(g, x, at + j, mean[i], count)
                d = cast(read(dy, at + j, g.lanes, count), np.float64)
                here, there = to + j, to + length + j
                write(read(sums, here, g.lanes, count) + d * distance * scale, sums, here, count)
                write(read(sums, there, g.lanes, count) + d, sums, there, count)
                weighted = cast(_weighted(g, dy, at, weight, j, count), np.float64)
                one, two = one + weighted, two + weighted * distance
            e, f = total(one) / length * scale, total(two) / length * scale * scale * scale
            a, e, f = x.dtype.type(scale), x.dtype.type(e), x.dtype.type(f)
            for j in range(0, length, g.lanes):
                count = min(g.lanes, length - j)
                distance = read(x, at + j, g.lanes, count) - mean[i]
                pour(_weighted(g, dy, at, weight, j, count) * a - e - distance * f, dx, at + j, count, bypass)


@kernel
def _halves(g, both, dw, db, first, last):
    """dw = both[0], db = both[1], two rows of float64 in a flat array, in the type of dw and db

    One job.
    """
    for i in range(0, dw.size, g.lanes):
        count = min(g.lanes, dw.size - i)
        write(read(both, i, g.lanes, count), dw, i, count)
        write(read(both, dw.size + i, g.lanes, count), db, i, count)
