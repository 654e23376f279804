"""A product whose lanes run along the rows of b, which is read from where it lies.

                  b[l, j : j + columns]
                  ---------------------
    a[i,     l] |                     |
    a[i + 1, l] |  acc += a * b       |
        ...     |                     |
                  ---------------------

Either a has few rows, and b is read once; or b stays in the first-level cache, or sums are short, and each
tile of c is finished at once.
"""

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel, share
from ..engine.machine import TALLEST, power_of_two
from ..memory.buffers import scratch
from ..simd import fma, load, spread, store, stream, zero
from .plan import Plan, Product, heights

SMALL = 8
"""Up to so many rows of a, a tile has a power of two of them; above, all of them (often classes)."""
SHORT = 8
"""Most terms of a sum so short that to copy b would not pay."""
FAR = 16 * 1024 * 1024
"""Bytes from which b is taken to come from memory, not from a cache."""
STREAMS, FAR_STREAMS = 16, 8
"""Rows of b that are read at a time; and of one that comes from memory."""
FAR_VECTORS = 2
"""Vectors of each of those rows that are read at a time: longer pieces come slower from memory."""


def fits(p: Product) -> bool:
    """Whether the lanes can run along the rows of b, and it does not pay to copy it."""
    return not p.along and (p.m <= TALLEST or p.b_is_cached or p.k <= SHORT)


def plan(p: Product, threads: int) -> Plan:
    """Plan a product that `fits`."""
    rows = p.m if SMALL < p.m < TALLEST else power_of_two(p.m) if p.m <= SMALL else None
    far = p.m <= SMALL and p.k * p.n * p.dtype.itemsize > FAR
    tile = machine.tile(rows, p.n, p.dtype, FAR_VECTORS if far else None)
    columns, sizes = tile.vectors * tile.lanes, p.sizes
    if p.m <= TALLEST:
        run, row_parts, panel_parts = _few_rows, 1, min(-(-p.n // columns), threads)
        sizes["streams"] = FAR_STREAMS if far else STREAMS
    else:
        run, row_parts, panel_parts = _many_rows, min(p.m // tile.rows, 4 * threads), 1
        height = -(-p.m // row_parts)
        tile = tile._replace(rows=min(heights(tile.rows), key=lambda rows: -(-height // rows) * rows))
    sizes |= {"row_parts": row_parts, "panel_parts": panel_parts}
    geometry = Geometry(sizes, rows=tile.rows, vectors=tile.vectors, lanes=tile.lanes, columns=columns)
    return Plan(run, geometry, row_parts * panel_parts, p.work)


@inline
def bias_tile(g, bias, j, columns):
    """tile[i, j] = bias[j0 + j], `j` the first column; 0 where there is no bias."""
    if bias.size:
        return spread(bias, j, g.rows, g.vectors, g.lanes, columns)
    return zero(bias, g.rows, g.vectors, g.lanes)


@inline
def _add_rows(g, acc, a, a_at, b, b_at, depth, columns):
    """acc[i, j] += sum over `depth` terms l of a[a_at + i * a_row + l * a_column] * b[b_at + l * n + j]"""
    for l in range(depth):  # noqa: E741
        acc = fma(acc, a, a_at + l * g.a_column, g.a_row, b, b_at + l * g.n, columns)
    return acc


@kernel
def _few_rows(g, a, b, bias, c, bypass, first, last):
    """c[i, j] = bias[j] + sum over l of a[i, l] * b[l, j]; overwrites c

    a has m rows, at least those of a tile: a[i, l] is element i * a_row + l * a_column. b (k, n) and c (m, n)
    are dense, bias has n elements or none. A job is one part of the panels; `plan` cuts them.

    `streams` rows of b are read at a time, for all panels of the job, so that the CPU fetches each row ahead;
    meanwhile the unfinished sums lie in `partial`, a slot for each tile. `bypass` is not used: c is small.
    """
    panels, tiles = (g.n + g.columns - 1) // g.columns, (g.m + g.rows - 1) // g.rows
    size = g.rows * g.columns
    slots = tiles * ((panels + g.panel_parts - 1) // g.panel_parts) if g.k > g.streams else 0
    partial = scratch(slots * size, a)
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
                        acc = bias_tile(g, bias, j, columns)
                    else:
                        acc = load(partial, slot, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                    at, to = i * g.a_row + l0 * g.a_column, l0 * g.n + j
                    if columns == g.columns:
                        acc = _add_rows(g, acc, a, at, b, to, depth, g.columns)
                    else:
                        acc = _add_rows(g, acc, a, at, b, to, depth, columns)
                    if l0 + depth < g.k:
                        store(acc, partial, slot, g.columns, g.columns)
                    elif columns == g.columns:
                        store(acc, c, i * g.n + j, g.n, g.columns)
                    else:
                        store(acc, c, i * g.n + j, g.n, columns)


@kernel
def _many_rows(g, a, b, bias, c, bypass, first, last):
    """c[i, j] = bias[j] + sum over l of a[i, l] * b[l, j]; overwrites c, past the caches if `bypass`

    a has m rows, more than a tile: a[i, l] is element i * a_row + l * a_column. b (k, n) and c (m, n) are
    dense, bias has n elements or none. A job is one part of the rows; `plan` cuts them.
    """
    for job in range(first, last):
        i0, i1 = share(g.m, g.row_parts, job)
        for tile in range(i0, i1, g.rows):
            i = min(tile, i1 - g.rows)
            for j in range(0, g.n, g.columns):
                columns = min(g.columns, g.n - j)
                acc = bias_tile(g, bias, j, columns)
                if columns == g.columns:
                    acc = _add_rows(g, acc, a, i * g.a_row, b, j, g.k, g.columns)
                    stream(acc, c, i * g.n + j, g.n, g.columns, bypass)
                else:
                    acc = _add_rows(g, acc, a, i * g.a_row, b, j, g.k, columns)
                    stream(acc, c, i * g.n + j, g.n, columns, bypass)
