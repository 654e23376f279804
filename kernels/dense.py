"""Dense layers: one matrix product on a register tile, for the forward pass and two gradients.

    c[i, j] = bias[j] + sum over l of a[i, l] * b[l, j]

                  b[l, j : j + columns]
                  ---------------------
    a[i,     l] |                     |
    a[i + 1, l] |  acc += a * b       |
        ...     |                     |
                  ---------------------

There are four ways to it, and sizes alone decide which:

- `_dots`, where both factors lie along the sum (the forward pass) and few rows share b: lanes run along the
  sum, b is read once as it lies.
- `_few`, where the lanes can run along the rows of b and few rows share it: b is read once, as it lies.
- `_near`, where they can and b stays in the first-level cache, or has few rows: c is written as it lies.
- `_blocked` for the rest: blocks of `depth` terms of a and of one panel of b are copied side by side.

Sizes are run-time values: a way compiles once for each tile, whatever the size and the batch of a layer.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from . import machine
from .buffers import empty, plain, scratch, streams
from .geometry import Geometry
from .jit import get_num_threads, inline, kernel, share
from .machine import PORTS, TALLEST, power_of_two
from .reduce import column_sums
from .simd import copy, dot, fma, load, plus, spread, store, stream, sums, transposed, zero

PANEL = 24 * 1024
"""Bytes of a copied panel, which stays in the first-level cache."""
SHORT = 8
"""Terms of a sum so short that b is read as it lies."""
SHARING = 32
"""Rows from which it pays to transpose b."""
BLOCK = 448
"""Most rows of a part: a block of theirs stays in the second-level cache, whatever the depth of a panel."""
COPIED, TRANSPOSED = 0.25, 0.6
"""Cycles in which an element is copied, and in which one is transposed."""
NEAR = 32 * 1024
"""Bytes that stay in the first-level cache."""
FAR = 32 * 1024 * 1024
"""Bytes that no cache holds."""
STREAMS, LONG_STREAMS = 16, 4
"""Rows of b that are read side by side; and of rows longer than NEAR or a b of FAR, where few sums wait."""
FEW_SUMS = 2
"""Rows of a whose sums do not weigh against what a long row of b costs."""
ALIAS = 2048
"""Rows of a that lie a multiple of so many bytes apart share a few sets of the first-level cache: copied."""
MOVED = 8.0
"""Work of reading an element of b, or of writing one of c."""
_NO_BIAS = {np.dtype(t): np.empty(0, t) for t in (np.float32, np.float64)}
"""The bias that is not there."""


class Plan(NamedTuple):
    """How a product is computed: the kernel, its geometry, the jobs and their work."""

    run: Callable[..., None]
    geometry: Geometry
    jobs: int
    work: float


@lru_cache(maxsize=4096)
def _plan(along: bool, by_rows: bool, m: int, n: int, k: int, dtype: np.dtype, threads: int) -> Plan:
    """The plan of an (m, n) product of k terms; `along`: rows of b along the sum, `by_rows`: those of a."""
    lanes, near = machine.lanes(dtype), k * n * dtype.itemsize <= NEAR
    a_row, a_column = (k, 1) if by_rows else (1, m)
    sizes = {"m": m, "n": n, "k": k, "a_row": a_row, "a_column": a_column}
    work = 2.0 * m * n * k + MOVED * (m + k) * n
    along, by_rows = along and k > 1, by_rows and k > 1
    if along and by_rows and (m < SHARING or near):
        rows = min(4 if machine.vectors().registers >= 32 else 2, power_of_two(m))
        vectors = min(8 // min(rows, 2), power_of_two(n), lanes)
        return Plan(_dots, Geometry(sizes, rows=rows, vectors=vectors, lanes=lanes), -(-n // vectors), work)
    tile = machine.tile(power_of_two(m) if m < TALLEST else None, n, dtype)
    columns = tile.vectors * tile.lanes
    panels = -(-n // columns)
    literals = {"rows": tile.rows, "vectors": tile.vectors, "lanes": lanes, "columns": columns}
    if not along and m <= TALLEST:
        run, parts = _few, (1, min(panels, threads))
        long = n * dtype.itemsize > NEAR or k * n * dtype.itemsize > FAR
        sizes["streams"] = LONG_STREAMS if long and m <= FEW_SUMS else STREAMS
    elif not along and (near or k <= SHORT):
        run, parts = _near, (min(m // tile.rows, 4 * threads), 1)
    else:
        run, parts = _blocked, _cut(along, tile, m, panels, threads)
        copied = not by_rows or k * dtype.itemsize % ALIAS == 0
        literals |= {"along": int(along), "by_rows": int(by_rows), "copied": int(copied)}
        blocks = -(-k * columns * dtype.itemsize // PANEL)
        depth = -(-k // (blocks * lanes)) * lanes
        sizes |= {"depth": depth, "pitch": depth + lanes}  # rows a power of two apart would share a set
    sizes |= {"row_parts": parts[0], "panel_parts": parts[1]}
    return Plan(run, Geometry(sizes, **literals), parts[0] * parts[1], work)


def _cut(along: bool, tile: machine.Tile, m: int, panels: int, threads: int) -> tuple[int, int]:
    """Parts of the rows and of the panels, of the shortest estimated time. No sum is cut.

    Each part of the rows copies all of b, each part of the panels all of a.
    """

    def cycles(cut: tuple[int, int]) -> float:
        row_parts, panel_parts = cut
        rows, own = -(-m // row_parts), -(-panels // panel_parts)
        tiles = -(-rows // tile.rows) * own * tile.rows * tile.vectors / PORTS
        copies = COPIED * rows + (TRANSPOSED if along else COPIED) * own * tile.vectors * tile.lanes
        jobs = row_parts * panel_parts
        return -(-jobs // min(jobs, threads)) * (tiles + copies)

    least = -(-m // BLOCK)
    most = max(least, min(m // tile.rows, least + 4 * threads))
    choices = [(r, p) for r in range(least, most + 1) for p in range(1, min(panels, 4 * threads) + 1)]
    return min(choices, key=lambda cut: (cycles(cut), cut))


def product(a, b, bias, along, by_rows, m, n, k):
    """The (m, n) product of a (m, k) and b (k, n), plus a bias (n,) in every row.

    Given are a if `by_rows`, else its transpose, and the transpose of b if `along`, else b: plain arrays.
    """
    dtype = a.dtype
    c = empty((m, n), dtype)
    if m:
        run, g, jobs, work = _plan(along, by_rows, m, n, k, dtype, get_num_threads())
        run(jobs, work, g, a, b, _NO_BIAS[dtype] if bias is None else plain(bias), c, streams(c, n))
    return c


@kernel
def _dots(g, a, b, bias, c, past, first, last):
    """A job is a few columns of c: rows of b, which meet all rows of a."""
    whole = g.k - g.k % g.lanes
    for job in range(first, last):
        j = min(job * g.vectors, g.n - g.vectors)
        for block in range(0, g.m, g.rows):
            i = min(block, g.m - g.rows)
            acc = zero(c, g.rows, g.vectors, g.lanes)
            for l in range(0, whole, g.lanes):  # noqa: E741
                acc = dot(acc, a, i * g.k + l, g.k, b, j * g.k + l, g.k, g.lanes)
            if whole < g.k:
                acc = dot(acc, a, i * g.k + whole, g.k, b, j * g.k + whole, g.k, g.k - whole)
            result = sums(acc)
            if bias.size:
                result = plus(result, spread(bias, j, g.rows, 1, g.vectors, g.vectors))
            store(result, c, i * g.n + j, g.n, g.vectors)


@inline
def _started(g, bias, j, columns):
    """A tile of the bias."""
    if bias.size:
        return spread(bias, j, g.rows, g.vectors, g.lanes, columns)
    return zero(bias, g.rows, g.vectors, g.lanes)


@inline
def _add_rows(g, acc, a, a_at, b, b_at, depth, columns):
    """Add `depth` terms to a tile, with b as it lies."""
    for l in range(depth):  # noqa: E741
        acc = fma(acc, a, a_at + l * g.a_column, g.a_row, b, b_at + l * g.n, columns)
    return acc


@kernel
def _few(g, a, b, bias, c, past, first, last):
    """A job is one part of the panels. `streams` rows of b are read at a time; meanwhile the sums wait."""
    panels, tiles = (g.n + g.columns - 1) // g.columns, (g.m + g.rows - 1) // g.rows
    size = g.rows * g.columns
    places = tiles * ((panels + g.panel_parts - 1) // g.panel_parts) if g.k > g.streams else 0
    waiting = scratch(places * size, a)
    for job in range(first, last):
        panel0, panel1 = share(panels, g.panel_parts, job)
        for l0 in range(0, max(g.k, 1), g.streams):
            depth = min(g.streams, g.k - l0)
            for panel in range(panel0, panel1):
                j = panel * g.columns
                columns = min(g.columns, g.n - j)
                for tile in range(tiles):
                    i = min(tile * g.rows, g.m - g.rows)
                    slot = ((panel - panel0) * tiles + tile) * size
                    if l0 == 0:
                        acc = _started(g, bias, j, columns)
                    else:
                        acc = load(waiting, slot, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                    at, to = i * g.a_row + l0 * g.a_column, l0 * g.n + j
                    if columns == g.columns:
                        acc = _add_rows(g, acc, a, at, b, to, depth, g.columns)
                    else:
                        acc = _add_rows(g, acc, a, at, b, to, depth, columns)
                    if l0 + depth < g.k:
                        store(acc, waiting, slot, g.columns, g.columns)
                    elif columns == g.columns:
                        store(acc, c, i * g.n + j, g.n, g.columns)
                    else:
                        store(acc, c, i * g.n + j, g.n, columns)


@kernel
def _near(g, a, b, bias, c, past, first, last):
    """A job is one part of the rows."""
    for job in range(first, last):
        i0, i1 = share(g.m, g.row_parts, job)
        for tile in range(i0, i1, g.rows):
            i = min(tile, i1 - g.rows)
            for j in range(0, g.n, g.columns):
                columns = min(g.columns, g.n - j)
                acc = _started(g, bias, j, columns)
                if columns == g.columns:
                    acc = _add_rows(g, acc, a, i * g.a_row, b, j, g.k, g.columns)
                    stream(acc, c, i * g.n + j, g.n, g.columns, past)
                else:
                    acc = _add_rows(g, acc, a, i * g.a_row, b, j, g.k, columns)
                    stream(acc, c, i * g.n + j, g.n, columns, past)


@inline
def _copy_rows(g, a, block, i0, i1, l0, depth):
    """block[i * pitch + l] = a[i0 + i, l0 + l]; where a's columns are dense, block[tile, l, i]"""
    if g.by_rows:
        for i in range(i0, i1):
            copy(block, (i - i0) * g.pitch, a, i * g.k + l0, depth)
        return
    for tile in range((i1 - i0 + g.rows - 1) // g.rows):
        i = min(i0 + tile * g.rows, i1 - g.rows)
        for l in range(depth):  # noqa: E741
            copy(block, (tile * depth + l) * g.rows, a, i + (l0 + l) * g.m, g.rows)


@inline
def _copy_panel(g, b, side, j, l0, depth):
    """side[l * columns + i] = b[l0 + l, j + i], zero beyond the last column"""
    width = min(g.columns, g.n - j)
    if not g.along:
        for l in range(depth):  # noqa: E741
            part = load(b, (l0 + l) * g.n + j, 0, 1, g.vectors, g.lanes, width)
            store(part, side, l * g.columns, 0, g.columns)
        return
    even = depth - depth % g.lanes
    for v in range(0, g.columns, g.lanes):
        whole = min(width - v, g.lanes) == g.lanes
        for l in range(0, even if whole else 0, g.lanes):  # noqa: E741
            square = load(b, (j + v) * g.k + l0 + l, g.k, g.lanes, 1, g.lanes, g.lanes)
            store(transposed(square), side, l * g.columns + v, g.columns, g.lanes)
        for i in range(v, v + g.lanes):
            for l in range(even if whole else 0, depth):  # noqa: E741
                side[l * g.columns + i] = b[j + i, l0 + l] if i < width else 0


@kernel
def _blocked(g, a, b, bias, c, past, first, last):
    """A job is one part of the rows by one part of the panels.

    Sums of more than `g.depth` terms wait in `waiting`, a place for each tile: tiles may overlap in c.
    """
    most = (g.m + g.row_parts - 1) // g.row_parts
    panels = (g.n + g.columns - 1) // g.columns
    size = g.rows * g.columns
    tiles_most = (most + g.rows - 1) // g.rows
    deepest = min(g.depth, g.k)
    block = np.empty(tiles_most * g.rows * (g.pitch if g.by_rows else deepest) if g.copied else 0, a.dtype)
    side = scratch(deepest * g.columns, a)
    places = tiles_most * ((panels + g.panel_parts - 1) // g.panel_parts) if g.k > g.depth else 0
    waiting = scratch(places * size, a)
    for job in range(first, last):
        part = job // g.panel_parts
        i0, i1 = share(g.m, g.row_parts, part)
        tiles = (i1 - i0 + g.rows - 1) // g.rows
        panel0, panel1 = share(panels, g.panel_parts, job - part * g.panel_parts)
        for l0 in range(0, max(g.k, 1), g.depth):
            depth = min(g.depth, g.k - l0)
            if g.copied:
                _copy_rows(g, a, block, i0, i1, l0, depth)
            for panel in range(panel0, panel1):
                j = panel * g.columns
                columns = min(g.columns, g.n - j)
                _copy_panel(g, b, side, j, l0, depth)
                for tile in range(tiles):
                    i = min(tile * g.rows, i1 - i0 - g.rows)
                    slot = ((panel - panel0) * tiles + tile) * size
                    if l0 == 0:
                        acc = _started(g, bias, j, columns)
                    else:
                        acc = load(waiting, slot, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                    for l in range(depth):  # noqa: E741
                        to = l * g.columns
                        if not g.copied:
                            acc = fma(acc, a, (i0 + i) * g.k + l0 + l, g.k, side, to, g.columns)
                        elif g.by_rows:
                            acc = fma(acc, block, i * g.pitch + l, g.pitch, side, to, g.columns)
                        else:
                            acc = fma(acc, block, (tile * depth + l) * g.rows, 1, side, to, g.columns)
                    if l0 + depth < g.k:
                        store(acc, waiting, slot, g.columns, g.columns)
                    else:
                        store(acc, c, (i0 + i) * g.n + j, g.n, columns)


def _matrix(array):
    """All axes but the last as one."""
    return plain(array if array.ndim == 2 else array.reshape(-1, array.shape[-1]))


def linear(input, weight, bias=None):
    """y[n, o] = bias[o] + sum over i of x[n, i] * w[o, i]; (..., in) to (..., out)."""
    outputs, inputs = weight.shape
    x = _matrix(input)
    y = product(x, plain(weight), bias, True, True, len(x), outputs, inputs)
    return y if input.ndim == 2 else y.reshape(*input.shape[:-1], outputs)


def linear_input(weight, grad_output):
    """dx[n, i] = sum over o of dy[n, o] * w[o, i]; (..., out) to (..., in)."""
    outputs, inputs = weight.shape
    dy = _matrix(grad_output)
    dx = product(dy, plain(weight), None, False, True, len(dy), inputs, outputs)
    return dx if grad_output.ndim == 2 else dx.reshape(*grad_output.shape[:-1], inputs)


def linear_weight(input, grad_output):
    """dw[o, i] = sum over n of dy[n, o] * x[n, i]; (..., in) and (..., out) to (out, in)."""
    dy, x = _matrix(grad_output), _matrix(input)
    return product(dy, x, None, False, False, dy.shape[1], x.shape[1], len(x))


def linear_bias(grad_output):
    """db[o] = sum over n of dy[n, o]; (..., out) to (out,)."""
    return column_sums(grad_output.ravel(), grad_output.shape[-1])
