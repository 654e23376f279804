"""Arrays that become one: added, or put one after the other along an axis, and taken apart again."""

import math
from functools import lru_cache

import numpy as np

from .engine.geometry import Geometry, vector
from .engine.jit import kernel
from .engine.machine import lanes
from .memory.buffers import CHUNK, empty, in_one_order, streams
from .simd import pour, read, select

CHEAP = 16.0
"""Work of an element that is read and written."""
_ravel = np.ndarray.ravel


def add(input, other, relu=False):
    """y = a + b, with `relu` max(a + b, 0); NaN stays NaN. Arrays of one shape."""
    pair = (other, input) if _lies_by_channels(other) else (input, other)
    result, line, sources = in_one_order(*pair)
    run = _add_relu if relu else _add
    run(-(-line.size // CHUNK), CHEAP * line.size, vector(line.dtype), *sources, line, streams(line, CHUNK))
    return result


def concat(inputs, dim=1):
    """y[..., o_i + j, ...] = x_i[..., j, ...] along `dim`, o_i the sizes of the arrays before x_i."""
    shape = list(inputs[0].shape)
    shape[dim] = sum(array.shape[dim] for array in inputs)
    by_channels = any(map(_lies_by_channels, inputs))
    result, line = _made(tuple(shape), inputs[0].dtype, by_channels)
    step, at = _count(result.shape, dim, by_channels), 0
    for array in inputs:
        count = _count(array.shape, dim, by_channels)
        _copy_runs(_line(array, by_channels), line, count, 0, count, at, step)
        at += count
    return result


def concat_input(grad_output, sizes, dim=1):
    """dx_i[..., j, ...] = dy[..., o_i + j, ...] along `dim`, each an array of its own."""
    by_channels = _lies_by_channels(grad_output)
    source, step = _line(grad_output, by_channels), _count(grad_output.shape, dim, by_channels)
    parts, at = [], 0
    for size in sizes:
        shape = list(grad_output.shape)
        shape[dim] = size
        part, line = _made(tuple(shape), grad_output.dtype, by_channels)
        count = _count(part.shape, dim, by_channels)
        _copy_runs(source, line, count, at, step, 0, count)
        parts.append(part)
        at += count
    return parts


def _lies_by_channels(array):
    """Whether an array is images with their channels side by side in memory, and not in C order, too."""
    return array.ndim == 4 and not array.flags.c_contiguous and array.transpose(0, 2, 3, 1).flags.c_contiguous


def _made(shape, dtype, by_channels):
    """An uninitialised array, and its elements in the order of memory: N, H, W, C or that of its axes."""
    if not by_channels:
        result = empty(shape, dtype)
        return result, result.ravel()
    n, c, h, w = shape
    line = empty((n * h * w * c,), dtype)
    return line.reshape(n, h, w, c).transpose(0, 3, 1, 2), line


def _line(array, by_channels):
    """The elements in that order."""
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1) if by_channels else array).ravel()


def _count(shape, dim, by_channels):
    """The elements that lie together in an array of this shape: those along `dim` and the axes after it."""
    if not by_channels:
        return math.prod(shape[dim:] if dim >= 0 else shape[len(shape) + dim :])
    axis = (0, 3, 1, 2)[dim]
    n, c, h, w = shape
    return math.prod((n, h, w, c)[axis:])


@lru_cache(maxsize=256)
def _runs(dtype, count, origin, step, at, to_step):
    sizes = {"count": count, "origin": origin, "step": step, "at": at, "to_step": to_step}
    return Geometry({**sizes, "rows": max(1, CHUNK // max(1, count))}, lanes=lanes(dtype))


def _copy_runs(source, target, count, origin, step, at, to_step):
    """target[i * to_step + at + j] = source[i * step + origin + j] for j < count, all i."""
    if not source.size or not count:
        return
    g = _runs(target.dtype, count, origin, step, at, to_step)
    runs = source.size // step
    bypass = count % g.lanes == 0 and at % g.lanes == 0 and streams(target, to_step)
    _copy(-(-runs // g.rows), CHEAP * count * runs, g, source, target, runs, bypass)


@kernel
def _add(g, a, b, y, bypass, first, last):
    """y[i] = a[i] + b[i]; overwrites y, past the caches if `bypass`

    A job is CHUNK elements of flat, dense arrays, all in one order; `add` cuts them.
    """
    end = min(last * CHUNK, a.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        pour(read(a, i, g.lanes, count) + read(b, i, g.lanes, count), y, i, count, bypass)


@kernel
def _add_relu(g, a, b, y, bypass, first, last):
    """y[i] = max(a[i] + b[i], 0), NaN stays NaN; overwrites y, past the caches if `bypass`

    A job is CHUNK elements of flat, dense arrays, all in one order; `add` cuts them.
    """
    end = min(last * CHUNK, a.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        v = read(a, i, g.lanes, count) + read(b, i, g.lanes, count)
        pour(select(v <= 0, 0, v), y, i, count, bypass)


@kernel
def _copy(g, source, target, runs, bypass, first, last):
    """target[i * to_step + at + j] = source[i * step + origin + j] for j < count; past the caches if `bypass`

    Flat arrays. A job is `rows` runs i, the last job fewer; `_copy_runs` cuts them, by shapes alone.
    """
    for i in range(first * g.rows, min(last * g.rows, runs)):
        origin, at = i * g.step + g.origin, i * g.to_step + g.at
        for j in range(0, g.count, g.lanes):
            count = min(g.lanes, g.count - j)
            pour(read(source, origin + j, g.lanes, count), target, at + j, count, bypass)
