"""A product in blocks: `depth` terms of a and of some panels of b are copied to dense memory.

    packed[panel, l, j]     `columns` wide
    ---------------------
    block[i,     l] |                     |
    block[i + 1, l] |  acc += a * b       |
        ...         |                     |

One panel of b stays in the first-level cache while all rows of a job are multiplied with it. A group of
panels is copied at once, in the order in which b lies, and stays in the second-level cache.
"""

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel
from ..memory.buffers import scratch
from ..simd import copy, fma, load, store, stream, transposed
from .plan import COPIED, TRANSPOSED, Plan, Product, cut, even, heights, part_of
from .rows import bias_tile

PANEL = 24 * 1024
"""Most bytes of a copied panel, which stays in the first-level cache."""
GROUP = 128 * 1024
"""Bytes of the panels that are copied at once, and stay in the second-level cache."""


def plan(p: Product, threads: int) -> Plan:
    """Plan a product; a has at least the rows of a tile."""
    tile = machine.tile(None, p.n, p.dtype)
    columns = tile.vectors * tile.lanes
    copying = TRANSPOSED if p.along else COPIED
    cuts = ((cut(p, rows, columns, copying, threads), rows) for rows in heights(tile.rows))
    (_, row_parts, panel_parts), rows = min(cuts)
    depth = even(p.k, PANEL // (columns * p.dtype.itemsize), p.lanes)
    sizes = p.sizes | {
        "row_parts": row_parts, "panel_parts": panel_parts, "depth": depth,
        "pitch": depth + p.lanes,  # rows a power of two apart would share a set
        "group": 1 if p.along else max(1, GROUP // (depth * columns * p.dtype.itemsize)),
    }  # fmt: skip
    geometry = Geometry(
        sizes, rows=rows, vectors=tile.vectors, lanes=tile.lanes, columns=columns,
        along=int(p.along), by_rows=int(p.by_rows), copied=int(not p.by_rows or p.aliased),
    )  # fmt: skip
    return Plan(_blocked, geometry, row_parts * panel_parts, p.work)


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
def _copy_panels(g, b, packed, panel0, panel1, l0, depth):
    """packed[panel - panel0, l, i] = b[l0 + l, panel * columns + i], zero beyond the last column"""
    for l in range(depth):  # noqa: E741
        for panel in range(panel0, panel1):
            j, to = panel * g.columns, ((panel - panel0) * depth + l) * g.columns
            row = load(b, (l0 + l) * g.n + j, 0, 1, g.vectors, g.lanes, min(g.columns, g.n - j))
            store(row, packed, to, 0, g.columns)


@inline
def _transpose_panel(g, b, packed, j, l0, depth):
    """packed[l, i] = b[j + i, l0 + l], zero beyond the last column"""
    width, even_depth = min(g.columns, g.n - j), depth - depth % g.lanes
    for v in range(0, g.columns, g.lanes):
        whole = even_depth if v + g.lanes <= width else 0
        for l in range(0, whole, g.lanes):  # noqa: E741
            square = load(b, (j + v) * g.k + l0 + l, g.k, g.lanes, 1, g.lanes, g.lanes)
            store(transposed(square), packed, l * g.columns + v, g.columns, g.lanes)
        for i in range(v, v + g.lanes):
            for l in range(whole, depth):  # noqa: E741
                packed[l * g.columns + i] = b[j + i, l0 + l] if i < width else 0


@inline
def _add_block(g, acc, a, a_at, block, i, tile, packed, at, depth):
    """acc[i, j] += sum over `depth` terms of a * packed; a is read at `a_at`, or its copy from row `i` on."""
    for l in range(depth):  # noqa: E741
        b_at = at + l * g.columns
        if not g.copied:
            acc = fma(acc, a, a_at + l, g.k, packed, b_at, g.columns)
        elif g.by_rows:
            acc = fma(acc, block, i * g.pitch + l, g.pitch, packed, b_at, g.columns)
        else:
            acc = fma(acc, block, (tile * depth + l) * g.rows, 1, packed, b_at, g.columns)
    return acc


@kernel
def _blocked(g, a, b, bias, c, bypass, first, last):
    """c[i, j] = bias[j] + sum over l of a[i, l] * b[l, j]; overwrites c, past the caches if `bypass`

    a is (m, k) if `by_rows`, else (k, m), and has at least the rows of a tile; b is (n, k) if `along`, else
    (k, n); c (m, n); all are dense. bias has n elements or none. A job is one part of the rows by one part of
    the panels; `plan.cut` cuts them.

    Sums of more than `depth` terms are unfinished after a block. They lie in `partial`, a slot for each tile:
    tiles overlap at the edges of c, so c itself cannot hold them.
    """
    most, panels = (g.m + g.row_parts - 1) // g.row_parts, (g.n + g.columns - 1) // g.columns
    size, tiles_most = g.rows * g.columns, (most + g.rows - 1) // g.rows
    deepest = min(g.depth, g.k)
    block = scratch(tiles_most * g.rows * (g.pitch if g.by_rows else deepest) if g.copied else 0, a)
    packed = scratch(deepest * g.columns * g.group, a)
    slots = tiles_most * ((panels + g.panel_parts - 1) // g.panel_parts) if g.k > g.depth else 0
    partial = scratch(slots * size, a)
    for job in range(first, last):
        i0, i1, panel0, panel1 = part_of(g, panels, job)
        tiles = (i1 - i0 + g.rows - 1) // g.rows
        for l0 in range(0, g.k, g.depth):
            depth, slot = min(g.depth, g.k - l0), 0
            if g.copied:
                _copy_rows(g, a, block, i0, i1, l0, depth)
            for panel in range(panel0, panel1):
                j, inside = panel * g.columns, (panel - panel0) % g.group
                columns = min(g.columns, g.n - j)
                if g.along:
                    _transpose_panel(g, b, packed, j, l0, depth)
                elif inside == 0:
                    _copy_panels(g, b, packed, panel, min(panel + g.group, panel1), l0, depth)
                for tile in range(tiles):
                    i = min(tile * g.rows, i1 - i0 - g.rows)
                    if l0 == 0:
                        acc = bias_tile(g, bias, j, columns)
                    else:
                        acc = load(partial, slot, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                    a_at, at = (i0 + i) * g.k + l0, inside * depth * g.columns
                    acc = _add_block(g, acc, a, a_at, block, i, tile, packed, at, depth)
                    if l0 + depth < g.k:
                        store(acc, partial, slot, g.columns, g.columns)
                    else:
                        stream(acc, c, (i0 + i) * g.n + j, g.n, columns, bypass)
                    slot += size
