"""Arrays put one after the other along an axis, and taken apart again."""

import math
from functools import lru_cache

from .engine.geometry import Geometry
from .engine.jit import kernel
from .engine.machine import lanes
from .memory.buffers import CHUNK, streams
from .memory.order import elements, lies_by_channels, made, ordered
from .simd import pour, read

CHEAP = 16.0
"""Work of an element that is read and written."""


def concat(inputs, dim=1):
    """y[..., o_i + j, ...] = x_i[..., j, ...] along `dim`, o_i the sizes of the arrays before x_i."""
    shape = list(inputs[0].shape)
    shape[dim] = sum(array.shape[dim] for array in inputs)
    by_channels = any(map(lies_by_channels, inputs))
    result, line = made(tuple(shape), inputs[0].dtype, by_channels)
    step, at = _count(result.shape, dim, by_channels), 0
    for array in inputs:
        count = _count(array.shape, dim, by_channels)
        _copy_runs(elements(array, by_channels), line, count, 0, count, at, step)
        at += count
    return result


def concat_input(grad_output, sizes, dim=1):
    """dx_i[..., j, ...] = dy[..., o_i + j, ...] along `dim`, each an array of its own."""
    by_channels = lies_by_channels(grad_output)
    source, step = elements(grad_output, by_channels), _count(grad_output.shape, dim, by_channels)
    parts, at = [], 0
    for size in sizes:
        shape = list(grad_output.shape)
        shape[dim] = size
        part, line = made(tuple(shape), grad_output.dtype, by_channels)
        count = _count(part.shape, dim, by_channels)
        _copy_runs(source, line, count, at, step, 0, count)
        parts.append(part)
        at += count
    return parts


def _count(shape, dim, by_channels):
    """The elements that lie together in an array of this shape: those along `dim` and the axes after it."""
    if not by_channels:
        return math.prod(shape[dim:] if dim >= 0 else shape[len(shape) + dim :])
    return math.prod(ordered(shape, by_channels)[(0, 3, 1, 2)[dim] :])


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
def _copy(g, source, target, runs, bypass, first, last):
    """target[i * to_step + at + j] = source[i * step + origin + j] for j < count; past the caches if `bypass`

    Flat arrays. A job is `rows` runs i, the last job fewer; `_copy_runs` cuts them, by shapes alone.
    """
    for i in range(first * g.rows, min(last * g.rows, runs)):
        origin, at = i * g.step + g.origin, i * g.to_step + g.at
        for j in range(0, g.count, g.lanes):
            count = min(g.lanes, g.count - j)
            pour(read(source, origin + j, g.lanes, count), target, at + j, count, bypass)
