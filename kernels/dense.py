"""Dense layers: one matrix product on a register tile, for the forward pass and two gradients.

    c[i, j] = bias[j] + sum over l of a[i, l] * b[l, j]

                  b[l, j : j + columns]
                  ---------------------
    a[i,     l] |                     |
    a[i + 1, l] |  acc += a * b       |
        ...     |                     |
                  ---------------------

There are three ways to it, and sizes alone decide which:

- `_dots`, where both factors lie along the sum (the forward pass) and few rows share b: lanes run along the
  sum, b is read once as it lies.
- `_direct`, where the lanes can run along the rows of b and b is read once or stays in the first-level cache:
  nothing is packed.
- `_blocked` for the rest: blocks of DEPTH terms of a and of one panel of b are copied side by side.

Sizes are run-time values: a dense layer compiles once for each tile, whatever its size and batch.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from . import machine
from .buffers import empty, plain
from .geometry import Geometry
from .jit import Kernel, get_num_threads, inline, kernel, share
from .machine import PORTS
from .reduce import column_sums
from .simd import copy, dot, fma, load, plus, spread, store, sums, transposed, zero

DEPTH = 512
"""Terms of a sum between a tile's load and its store."""
PITCH = DEPTH + 16
"""Steps from row to row of a copied block: rows a power of two apart would share one set of the cache."""
FEW = 14
"""Rows that one tile holds."""
SHARING = 32
"""Rows from which it pays to transpose b."""
BLOCK = 448
"""Rows of a copied block: with DEPTH terms each, half of a second-level cache."""
COPIED, TRANSPOSED = 0.25, 0.6
"""Cycles in which an element is copied, and in which one is transposed."""
NEAR = 32 * 1024
"""Bytes that stay in the first-level cache."""
STREAM = 16
"""Rows of b that are read side by side where b comes from memory."""
_NO_BIAS = {np.dtype(t): np.empty(0, t) for t in (np.float32, np.float64)}
"""The bias that is not there."""


class Plan(NamedTuple):
    """How a product is computed: the kernel, its geometry, parts of rows and of panels, terms at a time."""

    run: Kernel
    geometry: Geometry
    row_parts: int
    panel_parts: int
    depth: int


@lru_cache(maxsize=4096)
def _plan(along: bool, m: int, n: int, k: int, by_rows: bool, dtype: np.dtype, threads: int) -> Plan:
    """The plan of an (m, n) product of k terms; `along`: rows of b along the sum, `by_rows`: those of a."""
    lanes, near = machine.lanes(dtype), k * n * dtype.itemsize <= NEAR
    if along and by_rows and (m < SHARING or near):
        rows = min(4 if machine.vectors().registers >= 32 else 2, _power(m))
        vectors = min(8 // min(rows, 2), _power(n), lanes)
        return Plan(_dots, Geometry(rows=rows, vectors=vectors, lanes=lanes), 1, -(-n // vectors), DEPTH)
    direct = not along and (m <= FEW or near or k <= 8)
    tile = machine.tile(_power(m) if m < FEW else 1 << 16, n, dtype)
    columns = tile.vectors * tile.lanes
    g = Geometry(
        rows=tile.rows, vectors=tile.vectors, lanes=lanes, columns=columns,
        along=int(along), by_rows=0 if direct else int(by_rows), step=PITCH if by_rows else 1,
    )  # fmt: skip
    panels = -(-n // columns)
    if direct:
        return Plan(_direct, g, 1, min(panels, 2 * threads), max(k, 1) if near or m > FEW else STREAM)
    return Plan(_blocked, g, *_cut(g, m, panels, threads), DEPTH)


def _cut(g: Geometry, m: int, panels: int, threads: int) -> tuple[int, int]:
    """Parts of the rows and of the panels, of the shortest estimated time. No sum is cut.

    Each part of the rows copies all of b, each part of the panels all of a.
    """

    def cycles(cut: tuple[int, int]) -> float:
        row_parts, panel_parts = cut
        rows, own = -(-m // row_parts), -(-panels // panel_parts)
        tiles = -(-rows // g.rows) * own * g.rows * g.vectors / PORTS
        copies = COPIED * rows + (TRANSPOSED if g.along else COPIED) * own * g.columns
        jobs = row_parts * panel_parts
        return -(-jobs // min(jobs, threads)) * (tiles + copies)

    least = -(-m // BLOCK)
    most = max(least, min(m // g.rows, least + 4 * threads))
    choices = [(r, p) for r in range(least, most + 1) for p in range(1, min(panels, 4 * threads) + 1)]
    return min(choices, key=lambda cut: (cycles(cut), cut))


def _power(count: int) -> int:
    """The largest power of two up to `count`."""
    return 1 << (count.bit_length() - 1)


def product(a, a_row, a_column, b, b_row, b_column, bias, m, n, k):
    """The (m, n) product of a (m, k) and b (k, n), plus a bias (n,) in every row.

    a and b are plain arrays of two axes, read as matrices whose neighbouring rows and columns lie `row` and
    `column` elements apart; one of these steps is 1.
    """
    dtype = a.dtype
    c = empty((m, n), dtype)
    if m and n:
        run, g, row_parts, panel_parts, depth = _plan(
            b_row == 1 and k > 1, m, n, k, a_column == 1 and k > 1, dtype, get_num_threads()
        )
        start = _NO_BIAS[dtype] if bias is None else plain(bias)
        run(row_parts * panel_parts, 2.0 * m * n * k,
            g, a, a_row, a_column, b, b_row, b_column, start, c, k,
            row_parts, panel_parts, depth,
        )  # fmt: skip
    return c


@kernel
def _dots(
    g, a, a_row, a_column, b, b_row, b_column, bias, c, k, row_parts, panel_parts, longest, first, last
):
    """A job is a few columns of c: rows of b, which meet all rows of a."""
    m, n = c.shape
    whole = k - k % g.lanes
    for job in range(first, last):
        j = min(job * g.vectors, n - g.vectors)
        for block in range(0, m, g.rows):
            i = min(block, m - g.rows)
            acc = zero(c, g.rows, g.vectors, g.lanes)
            for l in range(0, whole, g.lanes):  # noqa: E741
                acc = dot(acc, a, i * a_row + l, a_row, b, j * b_column + l, b_column, g.lanes)
            if whole < k:
                acc = dot(acc, a, i * a_row + whole, a_row, b, j * b_column + whole, b_column, k - whole)
            result = sums(acc)
            if bias.size:
                result = plus(result, spread(bias, j, g.rows, 1, g.vectors, g.vectors))
            store(result, c, i * n + j, n, g.vectors)


@inline
def _started(g, bias, j, columns):
    """A tile of the bias."""
    if bias.size:
        return spread(bias, j, g.rows, g.vectors, g.lanes, columns)
    return zero(bias, g.rows, g.vectors, g.lanes)


@inline
def _direct_tile(g, acc, a, a_at, a_row, a_column, b, b_at, b_row, depth, columns):
    for l in range(depth):  # noqa: E741
        acc = fma(acc, a, a_at + l * a_column, a_row, b, b_at + l * b_row, columns)
    return acc


@kernel
def _direct(
    g, a, a_row, a_column, b, b_row, b_column, bias, c, k, row_parts, panel_parts, longest, first, last
):
    """A job is one part of the panels. Between blocks of terms, sums wait as in `_blocked`."""
    m, n = c.shape
    panels, tiles = (n + g.columns - 1) // g.columns, (m + g.rows - 1) // g.rows
    size = g.rows * g.columns
    places = tiles * ((panels + panel_parts - 1) // panel_parts) if k > longest else 0
    waiting = np.empty(places * size, c.dtype)
    for job in range(first, last):
        panel0, panel1 = share(panels, panel_parts, job)
        for l0 in range(0, max(k, 1), longest):
            depth = min(longest, k - l0)
            for panel in range(panel0, panel1):
                j = panel * g.columns
                columns = min(g.columns, n - j)
                for tile in range(tiles):
                    i = min(tile * g.rows, m - g.rows)
                    slot = ((panel - panel0) * tiles + tile) * size
                    if l0 == 0:
                        acc = _started(g, bias, j, columns)
                    else:
                        acc = load(waiting, slot, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                    at, to = i * a_row + l0 * a_column, l0 * b_row + j
                    if columns == g.columns:
                        acc = _direct_tile(g, acc, a, at, a_row, a_column, b, to, b_row, depth, g.columns)
                    else:
                        acc = _direct_tile(g, acc, a, at, a_row, a_column, b, to, b_row, depth, columns)
                    if l0 + depth < k:
                        store(acc, waiting, slot, g.columns, g.columns)
                    elif columns == g.columns:
                        store(acc, c, i * n + j, n, g.columns)
                    else:
                        store(acc, c, i * n + j, n, columns)


@inline
def _copy_rows(g, a, row, column, block, i0, i1, l0, depth):
    """block[i * PITCH + l] = a[i0 + i, l0 + l]; where a's columns are dense, block[tile, l, i]"""
    if g.by_rows:
        for i in range(i0, i1):
            copy(block, (i - i0) * g.step, a, i * row + l0, depth)
        return
    for tile in range((i1 - i0 + g.rows - 1) // g.rows):
        i = min(i0 + tile * g.rows, i1 - g.rows)
        for l in range(depth):  # noqa: E741
            copy(block, (tile * depth + l) * g.rows, a, i * row + (l0 + l) * column, g.rows)


@inline
def _copy_panel(g, b, row, column, side, j, n, l0, depth):
    """side[l * columns + i] = b[l0 + l, j + i], zero beyond the last column"""
    width = min(g.columns, n - j)
    if not g.along:
        for l in range(depth):  # noqa: E741
            part = load(b, (l0 + l) * row + j, 0, 1, g.vectors, g.lanes, width)
            store(part, side, l * g.columns, 0, g.columns)
        return
    even = depth - depth % g.lanes
    for v in range(0, g.columns, g.lanes):
        whole = min(width - v, g.lanes) == g.lanes
        for l in range(0, even if whole else 0, g.lanes):  # noqa: E741
            square = load(b, (j + v) * column + l0 + l, column, g.lanes, 1, g.lanes, g.lanes)
            store(transposed(square), side, l * g.columns + v, g.columns, g.lanes)
        for i in range(v, v + g.lanes):
            for l in range(even if whole else 0, depth):  # noqa: E741
                side[l * g.columns + i] = b[j + i, l0 + l] if i < width else 0


@kernel
def _blocked(
    g, a, a_row, a_column, b, b_row, b_column, bias, c, k, row_parts, panel_parts, longest, first, last
):
    """A job is one part of the rows by one part of the panels.

    Sums of more terms than `longest` wait in `waiting`, a place for each tile: tiles may overlap in c.
    """
    m, n = c.shape
    most = (m + row_parts - 1) // row_parts
    panels = (n + g.columns - 1) // g.columns
    size = g.rows * g.columns
    tiles_most = (most + g.rows - 1) // g.rows
    block = np.empty(tiles_most * g.rows * (g.step if g.by_rows else min(longest, k)), c.dtype)
    side = np.empty(min(longest, k) * g.columns, c.dtype)
    places = tiles_most * ((panels + panel_parts - 1) // panel_parts) if k > longest else 0
    waiting = np.empty(places * size, c.dtype)
    for job in range(first, last):
        part = job // panel_parts
        i0, i1 = share(m, row_parts, part)
        tiles = (i1 - i0 + g.rows - 1) // g.rows
        panel0, panel1 = share(panels, panel_parts, job - part * panel_parts)
        for l0 in range(0, max(k, 1), longest):
            depth = min(longest, k - l0)
            _copy_rows(g, a, a_row, a_column, block, i0, i1, l0, depth)
            for panel in range(panel0, panel1):
                j = panel * g.columns
                columns = min(g.columns, n - j)
                _copy_panel(g, b, b_row, b_column, side, j, n, l0, depth)
                for tile in range(tiles):
                    i = min(tile * g.rows, i1 - i0 - g.rows)
                    slot = ((panel - panel0) * tiles + tile) * size
                    if l0 == 0:
                        acc = _started(g, bias, j, columns)
                    else:
                        acc = load(waiting, slot, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                    if g.by_rows:
                        for l in range(depth):  # noqa: E741
                            at = i * g.step + l
                            acc = fma(acc, block, at, g.step, side, l * g.columns, g.columns)
                    else:
                        for l in range(depth):  # noqa: E741
                            at = (tile * depth + l) * g.rows
                            acc = fma(acc, block, at, 1, side, l * g.columns, g.columns)
                    if l0 + depth < k:
                        store(acc, waiting, slot, g.columns, g.columns)
                    else:
                        store(acc, c, (i0 + i) * n + j, n, columns)


def _matrix(array):
    """All axes but the last as one."""
    return plain(array if array.ndim == 2 else array.reshape(-1, array.shape[-1]))


def linear(input, weight, bias=None):
    """y[n, o] = bias[o] + sum over i of x[n, i] * w[o, i]; (..., in) to (..., out)."""
    outputs, inputs = weight.shape
    x = _matrix(input)
    y = product(x, inputs, 1, plain(weight), 1, inputs, bias, len(x), outputs, inputs)
    return y if input.ndim == 2 else y.reshape(*input.shape[:-1], outputs)


def linear_input(weight, grad_output):
    """dx[n, i] = sum over o of dy[n, o] * w[o, i]; (..., out) to (..., in)."""
    outputs, inputs = weight.shape
    dy = _matrix(grad_output)
    dx = product(dy, outputs, 1, plain(weight), inputs, 1, None, len(dy), inputs, outputs)
    return dx if grad_output.ndim == 2 else dx.reshape(*grad_output.shape[:-1], inputs)


def linear_weight(input, grad_output):
    """dw[o, i] = sum over n of dy[n, o] * x[n, i]; (..., in) and (..., out) to (out, in)."""
    inputs, outputs = input.shape[-1], grad_output.shape[-1]
    dy, x = _matrix(grad_output), _matrix(input)
    return product(dy, 1, outputs, x, inputs, 1, None, outputs, inputs, len(x))


def linear_bias(grad_output):
    """db[o] = sum over n of dy[n, o]; (..., out) to (out,)."""
    return column_sums(plain(grad_output).reshape(-1), grad_output.shape[-1])
