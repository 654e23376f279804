"""Sums, differences, products, quotients, maxima and minima of two arrays, with NumPy's broadcasting."""

from enum import IntEnum
from functools import lru_cache

import numpy as np

from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel
from ..engine.machine import lanes
from ..memory.buffers import CHUNK, in_one_order, streams
from ..memory.order import elements, lies_by_channels, made, ordered
from ..simd import full, pour, read, select

CHEAP = 16.0
"""Work of an element that is read and written."""


class Operation(IntEnum):
    """What is made of two elements."""

    ADD = 0
    ADD_RELU = 1
    SUBTRACT = 2
    MULTIPLY = 3
    DIVIDE = 4
    MAXIMUM = 5
    MINIMUM = 6


ADD, ADD_RELU, SUBTRACT, MULTIPLY, DIVIDE, MAXIMUM, MINIMUM = map(int, Operation)


def add(input, other, relu=False):
    """y = a + b, with `relu` max(a + b, 0); NaN stays NaN."""
    return _combined(ADD_RELU if relu else ADD, input, other)


def subtract(input, other):
    """y = a - b"""
    return _combined(SUBTRACT, input, other)


def multiply(input, other):
    """y = a b"""
    return _combined(MULTIPLY, input, other)


def divide(input, other):
    """y = a / b; a / 0 is infinite, 0 / 0 NaN."""
    return _combined(DIVIDE, input, other)


def maximum(input, other):
    """y = max(a, b), NaN where one of them is."""
    return _combined(MAXIMUM, input, other)


def minimum(input, other):
    """y = min(a, b), NaN where one of them is."""
    return _combined(MINIMUM, input, other)


@inline
def of_two(g, a, b):
    """What the operation of the geometry makes of two vectors."""
    if g.operation == ADD:
        return a + b
    if g.operation == ADD_RELU:
        total = a + b
        return select(total <= 0, 0, total)
    if g.operation == SUBTRACT:
        return a - b
    if g.operation == MULTIPLY:
        return a * b
    if g.operation == DIVIDE:
        return a / b
    if g.operation == MAXIMUM:
        return select((b > a) | (b != b), b, a)
    return select((b < a) | (b != b), b, a)  # MINIMUM


def _combined(operation, a, b):
    """The operation on two arrays."""
    if a.shape == b.shape:
        return _of_one_shape(operation, a, b)
    shape = _broadcast(a.shape, b.shape)
    by_channels = len(shape) == 4 and (lies_by_channels(a) or lies_by_channels(b))
    sizes = [ordered((1,) * (len(shape) - x.ndim) + x.shape, by_channels) for x in (a, b)]
    geometry = _runs(operation, *sizes, a.dtype)
    if geometry is None:  # too many turns between axes that are repeated and others
        return _of_one_shape(operation, *(_written_out(x, shape, by_channels) for x in (a, b)))
    result, line = made(shape, a.dtype, by_channels)
    if line.size:
        images = (x.reshape((1,) * (len(shape) - x.ndim) + x.shape) for x in (a, b))
        given = [elements(x, by_channels) for x in images]
        g, jobs = geometry
        _combine_runs(jobs, CHEAP * line.size, g, *given, line, streams(line, g.count))
    return result


def _written_out(array, shape, by_channels):
    """The array as often as this shape has it, by NumPy: such a call is not replayed."""
    whole = np.empty(ordered(shape, by_channels), array.dtype)
    whole = whole.transpose(0, 3, 1, 2) if by_channels else whole
    whole[...] = array
    return whole


def _of_one_shape(operation, a, b):
    swapped = lies_by_channels(b)
    result, line, (x, y) = in_one_order(*((b, a) if swapped else (a, b)))
    x, y = (y, x) if swapped else (x, y)
    g = _flat(operation, line.dtype)
    _combine(-(-line.size // CHUNK), CHEAP * line.size, g, x, y, line, streams(line, CHUNK))
    return result


def _broadcast(a, b):
    """The shape of both together."""
    count = max(len(a), len(b))
    pairs = zip((1,) * (count - len(a)) + a, (1,) * (count - len(b)) + b, strict=True)
    return tuple(n if m == 1 else m for m, n in pairs)


@lru_cache(maxsize=32)
def _flat(operation, dtype):
    return Geometry(lanes=lanes(dtype), operation=operation)


@lru_cache(maxsize=1024)
def _runs(operation, a, b, dtype):
    """The geometry of two arrays whose axes have these sizes in memory, and the jobs; None for many axes.

    Axes that both have, or that one of them repeats, are one where they follow each other: at most `outer`
    by `inner` runs of `count` elements are left. The steps are those of a and b from one run to the next, 0
    where it is repeated; `a_run` and `b_run` say whether a run has elements of its own or repeats one.
    """
    axes: list[tuple[int, int, int]] = []
    step_a = step_b = 1
    for m, n in zip(reversed(a), reversed(b), strict=True):
        size, own_a, own_b = max(m, n) if m and n else 0, step_a if m != 1 else 0, step_b if n != 1 else 0
        step_a, step_b = step_a * m, step_b * n
        if size == 1:
            continue
        if axes and (own_a, own_b) == tuple(axes[-1][0] * step for step in axes[-1][1:]):
            axes[-1] = (axes[-1][0] * size, *axes[-1][1:])
        else:
            axes.append((size, own_a, own_b))
    if len(axes) > 3:
        return None
    run, inner, outer = (*axes, *[(1, 0, 0)] * 3)[:3]
    count, runs = run[0], inner[0] * outer[0]
    parts = -(-count // CHUNK)
    rows = max(1, CHUNK // max(1, count))
    sizes = {
        "count": count, "inner": inner[0], "runs": runs, "parts": parts, "rows": rows,
        "a_inner": inner[1], "b_inner": inner[2], "a_outer": outer[1], "b_outer": outer[2],
    }  # fmt: skip
    g = Geometry(sizes, lanes=lanes(dtype), operation=operation, a_run=run[1], b_run=run[2])
    return g, -(-runs // rows) * parts


@kernel
def _combine(g, a, b, y, bypass, first, last):
    """y[i] = f(a[i], b[i]), f the operation of the geometry; overwrites y, past the caches if `bypass`

    A job is CHUNK elements of flat, dense arrays, all in one order; `_of_one_shape` cuts them.
    """
    end = min(last * CHUNK, a.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        pour(of_two(g, read(a, i, g.lanes, count), read(b, i, g.lanes, count)), y, i, count, bypass)


@inline
def _part(g, own, x, at, k, count):
    """Elements k to k + count of a run that begins at x[at], or the one that it repeats."""
    if own:
        return read(x, at + k, g.lanes, count)
    return full(x[at], g.lanes)


@kernel
def _combine_runs(g, a, b, y, bypass, first, last):
    """y[i, j, k] = f(a[i * a_outer + j * a_inner + k or 0], b[...]), f the operation of the geometry

    i, j < g.inner, k < g.count, with the steps of the geometry (`_runs`). Flat arrays; overwrites y, dense,
    past the caches if `bypass`. A job is g.rows runs, or CHUNK elements of one that is longer; `_runs` cuts
    them.
    """
    for job in range(first, last):
        block = job // g.parts
        start = (job - block * g.parts) * CHUNK
        stop = min(start + CHUNK, g.count)
        i = block * g.rows // g.inner
        j = block * g.rows - i * g.inner
        for row in range(block * g.rows, min((block + 1) * g.rows, g.runs)):
            of_a, of_b = i * g.a_outer + j * g.a_inner, i * g.b_outer + j * g.b_inner
            for k in range(start, stop, g.lanes):
                count = min(g.lanes, stop - k)
                u, v = _part(g, g.a_run, a, of_a, k, count), _part(g, g.b_run, b, of_b, k, count)
                pour(of_two(g, u, v), y, row * g.count + k, count, bypass)
            j += 1
            if j == g.inner:
                i, j = i + 1, 0
