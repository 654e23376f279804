"""A product of rows with rows: a and b both lie along the sum, lanes run along it, b is read where it lies.

                    b[j, l :], b[j + 1, l :], ...
                    -----------------------------
    a[i,     l :] |                              |
    a[i + 1, l :] |  acc += a * b                |
        ...       |                              |

Each accumulator is a vector of partial sums, which are added in a fixed order.
"""

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel
from ..engine.machine import PORTS, TALLEST, power_of_two
from ..memory.buffers import scratch
from ..simd import copy, dot, load, plus, spread, store, sums, zero
from .plan import COPIED, STARTED, TRANSPOSED, Plan, Product, cut, even, part_of

SHARING = 32
"""Rows of a from which on a and b are read in blocks."""
DEPTH = 512
"""Most terms of a block."""
ADDED = 9.0
"""Operations to add the lanes of a block's sum."""
EDGE = 4.0
"""Of the algorithm that transposes b: cycles to move a single element."""


def fits(p: Product) -> bool:
    """Whether it costs less to add lanes than to transpose b; fewer rows than a tile has need this way."""
    return p.along and p.by_rows and (p.m < TALLEST or _cycles(p) < _cycles_transposed(p))


def _cycles(p: Product) -> float:
    return p.m * p.n * (-(-p.k // p.lanes) + ADDED * -(-p.k // DEPTH)) / PORTS


def _cycles_transposed(p: Product) -> float:
    """Of the algorithm that transposes b: its tiles, and the transpose, by elements at the edges of b."""
    columns = min(2, -(-p.n // p.lanes)) * p.lanes
    tiles = -(-p.m // TALLEST) * -(-p.n // columns)
    squares = p.n // p.lanes * (p.k // p.lanes) * p.lanes**2
    edges = -(-p.n // p.lanes) * p.lanes * p.k - squares
    return (
        tiles * (STARTED + p.k * TALLEST * columns / (PORTS * p.lanes)) + TRANSPOSED * squares + EDGE * edges
    )


def plan(p: Product, threads: int) -> Plan:
    """Plan a product that `fits`."""
    rows = min(4 if machine.vectors().registers >= 32 else 2, power_of_two(p.m))
    vectors = min(8 // min(rows, 2), power_of_two(p.n), p.lanes)
    depth, row_parts, panel_parts, copied = p.k, 1, min(-(-p.n // vectors), 4 * threads), False
    if p.m >= SHARING and not p.b_is_cached:
        depth = even(p.k, DEPTH, p.lanes)
        _, row_parts, panel_parts = cut(p, rows, vectors, COPIED, threads)
        copied = depth < p.k or p.aliased
    sizes = {"depth": depth, "pitch": depth + p.lanes, "row_parts": row_parts, "panel_parts": panel_parts}
    geometry = Geometry(p.sizes | sizes, rows=rows, vectors=vectors, lanes=p.lanes, copied=int(copied))
    return Plan(_dots, geometry, row_parts * panel_parts, p.work)


@inline
def _add(g, acc, a, a_at, block, block_at, b, b_at, count):
    """acc[i, j] += the products of `count` terms, lane by lane; of a, or of its copy."""
    if g.copied:
        return dot(acc, block, block_at, g.pitch, b, b_at, g.k, count)
    return dot(acc, a, a_at, g.k, b, b_at, g.k, count)


@kernel
def _dots(g, a, b, bias, c, bypass, first, last):
    """c[i, j] = bias[j] + sum over l of a[i, l] * b[j, l]; overwrites c; `bypass` is not used

    a (m, k), b (n, k) and c (m, n) are dense, m at least `rows`, n at least `vectors`; bias (n,) or empty.
    A panel is `vectors` columns of c, a job one part of the rows by one part of the panels; `plan` cuts them.

    Sums of more than `depth` terms are unfinished after a block. They lie in `block`, behind the copied rows
    of a, a slot for each tile: tiles overlap at the edges of c, so c itself cannot hold them.
    """
    panels, most = (g.n + g.vectors - 1) // g.vectors, (g.m + g.row_parts - 1) // g.row_parts
    size, tiles = g.rows * g.vectors, (most + g.rows - 1) // g.rows
    copied = most * g.pitch if g.copied else 0
    slots = tiles * ((panels + g.panel_parts - 1) // g.panel_parts) if g.k > g.depth else 0
    block = scratch(copied + slots * size, a) if copied + slots else bias
    for job in range(first, last):
        i0, i1, panel0, panel1 = part_of(g, panels, job)
        for l0 in range(0, g.k, g.depth):
            depth, slot = min(g.depth, g.k - l0), copied
            whole = depth - depth % g.lanes
            for i in range(i0, i1 if g.copied else i0):
                copy(block, (i - i0) * g.pitch, a, i * g.k + l0, depth)
            for panel in range(panel0, panel1):
                j = min(panel * g.vectors, g.n - g.vectors)
                for row in range(i0, i1, g.rows):
                    i = min(row, i1 - g.rows)
                    a_at, at, b_at = i * g.k + l0, (i - i0) * g.pitch, j * g.k + l0
                    acc = zero(c, g.rows, g.vectors, g.lanes)
                    for l in range(0, whole, g.lanes):  # noqa: E741
                        acc = _add(g, acc, a, a_at + l, block, at + l, b, b_at + l, g.lanes)
                    if whole < depth:
                        rest = depth - whole
                        acc = _add(g, acc, a, a_at + whole, block, at + whole, b, b_at + whole, rest)
                    result = sums(acc)
                    if l0:
                        result = plus(result, load(block, slot, g.vectors, g.rows, 1, g.vectors, g.vectors))
                    elif bias.size:
                        result = plus(result, spread(bias, j, g.rows, 1, g.vectors, g.vectors))
                    if l0 + depth < g.k:
                        store(result, block, slot, g.vectors, g.vectors)
                    else:
                        store(result, c, i * g.n + j, g.n, g.vectors)
                    slot += size
