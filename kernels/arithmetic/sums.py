"""Sums over some axes of an array, or of the products of two: broadcasting backwards."""

import math
from functools import lru_cache
from itertools import groupby

import numpy as np

from ..engine.geometry import Geometry
from ..engine.jit import kernel
from ..engine.machine import lanes
from ..memory.buffers import empty
from ..memory.order import elements, lies_by_channels, made, ordered
from ..simd import full, read, total, write
from .pairs import multiply

PART = 4096
"""Elements that are summed one after another; the sums of such parts are then added in order."""
GROUP = 8
"""Least rows of a part."""
WORK = 8.0
"""Work of an element that is read."""


def sum_to_size(input, size, factor=None):
    """s = sum of x, or of x f, over the axes that are 1 in `size` or are not there.

    Input and factor have one shape (..., d, ...); returns an array of shape `size`.
    """
    whole = (1,) * (input.ndim - len(size)) + tuple(size)
    if whole == input.shape:
        result = np.array(input) if factor is None else multiply(input, factor)
        return result.reshape(size)
    if not input.size:
        return np.zeros(size, input.dtype)
    by_channels = lies_by_channels(input) or (factor is not None and lies_by_channels(factor))
    result, line = made(whole, input.dtype, by_channels)
    x = elements(input, by_channels)
    f = x if factor is None else elements(factor, by_channels)
    sizes = ordered(input.shape, by_channels), ordered(whole, by_channels)
    passes = _passes(*sizes, factor is not None, x.dtype)
    for number, g in enumerate(passes, 1):
        sums = line if number == len(passes) else empty((g.units * g.inner,), x.dtype)
        run = _sum_rows if g.inner == 1 else _sum_columns
        run(-(-g.units // g.together), WORK * x.size, g, x, f, sums)
        x = f = sums
    return result.reshape(size)


@lru_cache(maxsize=256)
def _passes(shape, whole, products, dtype):
    """The geometries of the passes that sum the axes of `shape` that are 1 in `whole`, innermost axes first.

    A pass sums (outer, length, inner) elements along the middle axis, `rows` at a time: `units` sums of
    `inner` columns, `together` of them in a job.
    """
    kept = [(n, n == m) for n, m in zip(shape, whole, strict=True) if n > 1]
    axes = [(same, math.prod(n for n, _ in run)) for same, run in groupby(kept, lambda axis: axis[1])]
    passes: list[Geometry] = []
    while not all(same for same, _ in axes):
        at = max(i for i, (same, _) in enumerate(axes) if not same)
        outer, inner = (math.prod(n for _, n in part) for part in (axes[:at], axes[at + 1 :]))
        length, axes = axes[at][1], axes[:at] + axes[at + 1 :]
        while True:
            rows = PART if inner == 1 else max(GROUP, PART // inner)
            parts = -(-length // rows)
            together = max(1, PART // (min(rows, length) * inner))
            sizes = {
                "length": length, "inner": inner, "rows": rows, "parts": parts, "units": outer * parts,
                "together": together,
            }  # fmt: skip
            passes.append(Geometry(sizes, lanes=lanes(dtype), products=int(products and not passes)))
            if parts == 1:
                break
            length = parts
    return passes


@kernel
def _sum_rows(g, x, f, sums, first, last):
    """sums[i, part] = sum of x[i, j], with g.products of x[i, j] f[i, j], over the elements j of a part

    Flat x and f (outer, g.length), sums (outer, g.parts), which is overwritten. A part has g.rows elements
    or, the last, fewer. A job is g.together of all parts; `_passes` cuts them, by shapes alone.
    """
    for unit in range(first * g.together, min(last * g.together, g.units)):
        i = unit // g.parts
        start = (unit - i * g.parts) * g.rows
        at, count = i * g.length + start, min(g.rows, g.length - start)
        acc = full(x.dtype.type(0), g.lanes)
        for j in range(0, count, g.lanes):
            n = min(g.lanes, count - j)
            if g.products:
                acc = acc + read(x, at + j, g.lanes, n) * read(f, at + j, g.lanes, n)
            else:
                acc = acc + read(x, at + j, g.lanes, n)
        sums[unit] = total(acc)


@kernel
def _sum_columns(g, x, f, sums, first, last):
    """sums[i, part, k] = sum of x[i, j, k], with g.products of x[i, j, k] f[i, j, k], over j of a part

    Flat x and f (outer, g.length, g.inner), sums (outer, g.parts, g.inner), which is overwritten. A part has
    g.rows rows or, the last, fewer. A job is g.together of all parts; `_passes` cuts them, by shapes alone.
    """
    for unit in range(first * g.together, min(last * g.together, g.units)):
        i = unit // g.parts
        start = (unit - i * g.parts) * g.rows
        at, rows = (i * g.length + start) * g.inner, min(g.rows, g.length - start)
        for k in range(0, g.inner, g.lanes):
            n = min(g.lanes, g.inner - k)
            acc = full(x.dtype.type(0), g.lanes)
            for j in range(at + k, at + k + rows * g.inner, g.inner):
                if g.products:
                    acc = acc + read(x, j, g.lanes, n) * read(f, j, g.lanes, n)
                else:
                    acc = acc + read(x, j, g.lanes, n)
            write(acc, sums, unit * g.inner + k, n)
