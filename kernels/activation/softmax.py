"""Softmax and its logarithm along an axis: rows where it is the last in memory, else columns side by side."""

import math
from functools import lru_cache

import numpy as np

from ..engine.geometry import Geometry, vector
from ..engine.jit import kernel
from ..engine.machine import lanes
from ..memory.buffers import empty, flat_like
from ..reduce import peak, power
from ..simd import exp, full, larger, log, read, total, write

ROW, ELEMENT = 2000.0, 60.0
"""Work of a row along which a maximum and a sum are taken, and of each of its elements."""
COLUMNS = 4
"""Vectors of columns in a job: as many neighbouring cache lines are read from each row."""


def softmax(input, dim):
    """y[i] = exp(x[i] - m) / sum over j of exp(x[j] - m), m = max x, along `dim`."""
    return _along(_softmax, _softmax_columns, False, dim, input)


def softmax_input(output, grad_output, dim):
    """dx[i] = y[i] * (dy[i] - sum over j of dy[j] * y[j]) along `dim`."""
    return _along(_softmax_input, _input_columns, False, dim, output, grad_output)


def log_softmax(input, dim):
    """y[i] = x[i] - m - log sum over j of exp(x[j] - m), m = max x, along `dim`."""
    return _along(_log_softmax, _softmax_columns, True, dim, input)


def log_softmax_input(output, grad_output, dim):
    """dx[i] = dy[i] - exp(y[i]) * sum over j of dy[j] along `dim`."""
    return _along(_log_softmax_input, _input_columns, True, dim, output, grad_output)


@lru_cache(maxsize=16)
def _columns(logarithm, dtype):
    """The geometry of a kernel of columns."""
    return Geometry(lanes=lanes(dtype), logarithm=int(logarithm))


def _along(rows, columns, logarithm, dim, model, *others):
    """Run a kernel along `dim`, wherever that lies in memory; the result lies as `model` does.

    A model with gaps is copied to C order. In memory it is (outer, length, inner) with `length` along `dim`.
    """
    order = sorted(range(model.ndim), key=lambda axis: -abs(model.strides[axis]))
    if not model.transpose(order).flags.c_contiguous:
        order, model = [*range(model.ndim)], np.ascontiguousarray(model)
    place = order.index(dim % model.ndim)
    shape = [model.shape[axis] for axis in order]
    length, inner = shape[place], math.prod(shape[place + 1 :])
    result = empty(tuple(shape), model.dtype)
    line = result.ravel()
    result = result.transpose(np.argsort(order))
    sources = [flat_like(array, model) for array in (model, *others)]
    if size := line.size:
        lines = size // length
        work = ROW * lines + ELEMENT * size
        if inner == 1:
            rows(lines, work, vector(line.dtype), *sources, line, length)
        else:
            g = _columns(logarithm, line.dtype)
            blocks = -(-inner // (COLUMNS * g.lanes))
            columns(lines // inner * blocks, ELEMENT * size, g, *sources, line, length, inner)
    return result


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


@kernel
def _softmax_columns(g, x, y, length, inner, first, last):
    """y[n, i, k] = exp(x[n, i, k] - m) / sum over j of exp(x[n, j, k] - m), m = max x[n, :, k]; overwrites y

    Or, if `logarithm`, its logarithm x[n, i, k] - m - log of that sum. x, y are flat (outer, length, inner).
    A job is COLUMNS vectors of neighbouring k, or what is left of them; `_along` cuts them.
    """
    blocks = -(-inner // (COLUMNS * g.lanes))
    for job in range(first, last):
        n, block = job // blocks, job % blocks
        start = n * length * inner
        for k in range(block * COLUMNS * g.lanes, min(inner, (block + 1) * COLUMNS * g.lanes), g.lanes):
            count = min(g.lanes, inner - k)
            begin, end = start + k, start + k + length * inner
            most = full(x.dtype.type(-np.inf), g.lanes)
            for at in range(begin, end, inner):
                most = larger(most, read(x, at, g.lanes, count))
            sum_ = full(x.dtype.type(0), g.lanes)
            for at in range(begin, end, inner):
                e = exp(read(x, at, g.lanes, count) - most)
                if not g.logarithm:
                    write(e, y, at, count)
                sum_ = sum_ + e
            if g.logarithm:
                shift = log(sum_)
                for at in range(begin, end, inner):
                    write(read(x, at, g.lanes, count) - most - shift, y, at, count)
            else:
                scale = 1 / sum_
                for at in range(begin, end, inner):
                    write(read(y, at, g.lanes, count) * scale, y, at, count)


@kernel
def _input_columns(g, y, dy, dx, length, inner, first, last):
    """dx[n, i, k] = y[n, i, k] * (dy[n, i, k] - sum over j of dy[n, j, k] * y[n, j, k]); overwrites dx

    Or, if `logarithm`, dy[n, i, k] - exp(y[n, i, k]) * sum over j of dy[n, j, k]. All are flat (outer,
    length, inner). A job is COLUMNS vectors of neighbouring k, or what is left of them; `_along` cuts them.
    """
    blocks = -(-inner // (COLUMNS * g.lanes))
    for job in range(first, last):
        n, block = job // blocks, job % blocks
        start = n * length * inner
        for k in range(block * COLUMNS * g.lanes, min(inner, (block + 1) * COLUMNS * g.lanes), g.lanes):
            count = min(g.lanes, inner - k)
            begin, end = start + k, start + k + length * inner
            sum_ = full(y.dtype.type(0), g.lanes)
            for at in range(begin, end, inner):
                slope = read(dy, at, g.lanes, count)
                sum_ = sum_ + (slope if g.logarithm else slope * read(y, at, g.lanes, count))
            for at in range(begin, end, inner):
                v, slope = read(y, at, g.lanes, count), read(dy, at, g.lanes, count)
                write(slope - exp(v) * sum_ if g.logarithm else v * (slope - sum_), dx, at, count)
