"""Dense layers: one matrix product on a register tile, for the forward pass and two gradients.

    c[i, j] = bias[j] + sum over l of a[i, l] * b[l, j]

Both factors are packed to panels, a as [l, rows] and b as [l, columns], so that the microkernel reads side by
side:

                  b[l, j : j + columns]
                  ---------------------
    a[i,     l] |                     |
    a[i + 1, l] |  acc += a * b       |
        ...     |                     |
                  ---------------------

Sizes are run-time values: a dense layer compiles once for each tile, whatever its size and batch.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from . import machine
from .buffers import plain
from .geometry import Geometry
from .jit import get_num_threads, inline, kernel, share
from .reduce import column_sums
from .simd import fma, load, spread, store

DEPTH = 256
"""Terms of a sum between a tile's load and its store: a panel of b stays in the first-level cache."""
MANY = 14
"""Rows from which the tile is chosen by the columns alone, so that a new batch size compiles nothing."""


class Matrix(NamedTuple):
    """A flat array as a matrix: steps from row to row and from column to column."""

    data: np.ndarray
    row: int
    column: int


@lru_cache(maxsize=1024)
def _geometry(rows: int, columns: int, dtype: np.dtype) -> Geometry:
    most = rows if rows < MANY else 1 << 16
    tile = machine.tile(1 << (most.bit_length() - 1), columns, dtype)
    return Geometry(
        rows=tile.rows, vectors=tile.vectors, lanes=tile.lanes, columns=tile.vectors * tile.lanes
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _cut(rows: int, panels: int, threads: int) -> tuple[int, int]:
    """Parts of the rows and parts of the panels: one job each."""
    row_parts = max(1, min(rows // 64, 2 * threads))
    return row_parts, min(panels, -(-2 * threads // row_parts))


def product(a: Matrix, b: Matrix, bias: np.ndarray | None, m: int, n: int, k: int) -> np.ndarray:
    """The (m, n) product of a (m, k) and b (k, n), plus a bias (n,) in every row."""
    dtype = a.data.dtype
    c = np.empty((m, n), dtype)
    if m and n:
        g = _geometry(m, n, dtype)
        panels = -(-n // g.columns)
        start = np.zeros(panels * g.columns, dtype)
        if bias is not None:
            start[:n] = bias
        packed = np.empty(panels * k * g.columns, dtype)
        _pack(panels, 4.0 * packed.size, g, b.data, b.row, b.column, packed, n, k)
        row_parts, panel_parts = _cut(m, panels, get_num_threads())
        _product(row_parts * panel_parts, 2.0 * m * n * k,
            g, a.data, a.row, a.column, packed, start, c, k, row_parts, panel_parts,
        )  # fmt: skip
    return c


@kernel
def _pack(g, b, row, column, packed, n, k, first, last):
    for panel in range(first, last):
        at = panel * k * g.columns
        width = min(g.columns, n - panel * g.columns)
        if column == 1:
            for l in range(k):  # noqa: E741
                for j in range(width):
                    packed[at + l * g.columns + j] = b[l * row + panel * g.columns + j]
                for j in range(width, g.columns):
                    packed[at + l * g.columns + j] = 0
        else:
            for j in range(g.columns):
                origin = (panel * g.columns + j) * column
                for l in range(k):  # noqa: E741
                    packed[at + l * g.columns + j] = b[origin + l * row] if j < width else 0


@inline
def _pack_rows(g, a, row, column, panel, i0, i1, l0, l1):
    """panel[tile, l, i] = a[i0 + tile * rows + i, l0 + l], the last tile moved back to end with the rows."""
    for tile in range((i1 - i0 + g.rows - 1) // g.rows):
        at = tile * (l1 - l0) * g.rows
        start = min(i0 + tile * g.rows, i1 - g.rows)
        for i in range(g.rows):
            origin = (start + i) * row + l0 * column
            for l in range(l1 - l0):  # noqa: E741
                panel[at + l * g.rows + i] = a[origin + l * column]


@kernel
def _product(g, a, row, column, packed, bias, c, k, row_parts, panel_parts, first, last):
    """A job is one part of the rows by one part of the panels.

    Sums longer than DEPTH wait in `sums`, a place for each tile: tiles may overlap in c.
    """
    m, n = c.shape
    most = ((m + row_parts - 1) // row_parts + g.rows - 1) // g.rows
    panels = (n + g.columns - 1) // g.columns
    size = g.rows * g.columns
    rows = np.empty(most * g.rows * min(DEPTH, k), a.dtype)
    sums = np.empty(most * ((panels + panel_parts - 1) // panel_parts) * size if k > DEPTH else 0, a.dtype)
    for job in range(first, last):
        part = job // panel_parts
        i0, i1 = share(m, row_parts, part)
        tiles = (i1 - i0 + g.rows - 1) // g.rows
        panel0, panel1 = share(panels, panel_parts, job - part * panel_parts)
        for l0 in range(0, max(k, 1), DEPTH):
            depth = min(DEPTH, k - l0)
            _pack_rows(g, a, row, column, rows, i0, i1, l0, l0 + depth)
            for panel in range(panel0, panel1):
                j = panel * g.columns
                for tile in range(tiles):
                    slot = ((panel - panel0) * tiles + tile) * size
                    if l0 == 0:
                        acc = spread(bias, j, g.rows, g.vectors, g.lanes)
                    else:
                        acc = load(sums, slot, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                    for l in range(depth):  # noqa: E741
                        at = (panel * k + l0 + l) * g.columns
                        acc = fma(acc, rows, (tile * depth + l) * g.rows, 1, packed, at, g.columns)
                    if l0 + depth < k:
                        store(acc, sums, slot, g.columns, g.columns)
                    else:
                        i = min(i0 + tile * g.rows, i1 - g.rows)
                        store(acc, c, i * n + j, n, min(g.columns, n - j))


def linear(input, weight, bias=None):
    """y[n, o] = bias[o] + sum over i of x[n, i] * w[o, i]; (..., in) to (..., out)."""
    outputs, inputs = weight.shape
    samples = input.size // inputs
    x, w = Matrix(_flat(input), inputs, 1), Matrix(_flat(weight), 1, inputs)
    return product(x, w, bias, samples, outputs, inputs).reshape(*input.shape[:-1], outputs)


def linear_input(weight, grad_output):
    """dx[n, i] = sum over o of dy[n, o] * w[o, i]; (..., out) to (..., in)."""
    outputs, inputs = weight.shape
    samples = grad_output.size // outputs
    dy, w = Matrix(_flat(grad_output), outputs, 1), Matrix(_flat(weight), inputs, 1)
    return product(dy, w, None, samples, inputs, outputs).reshape(*grad_output.shape[:-1], inputs)


def linear_weight(input, grad_output):
    """dw[o, i] = sum over n of dy[n, o] * x[n, i]; (..., in) and (..., out) to (out, in)."""
    inputs, outputs = input.shape[-1], grad_output.shape[-1]
    dy, x = Matrix(_flat(grad_output), 1, outputs), Matrix(_flat(input), inputs, 1)
    return product(dy, x, None, outputs, inputs, input.size // inputs)


def linear_bias(grad_output):
    """db[o] = sum over n of dy[n, o]; (..., out) to (out,)."""
    return column_sums(_flat(grad_output), grad_output.shape[-1])


def _flat(array: np.ndarray) -> np.ndarray:
    return plain(array).reshape(-1)
