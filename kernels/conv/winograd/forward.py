"""The forward pass on transformed tiles, and the input gradient, which is one too.

A job is a block of tiles of 4x4 outputs and a part of the filter panels:

    v[point, tile, c] = B^T x B             every tile of the block, for one square of the taps
    m[point, tile, k] += sum over c of v[point, tile, c] * u[point, k, square, c]     on the register tile

    y = A^T m A + bias                      after the last square

u = G w G^T is computed before, by a kernel of its own. The pitches of the geometry say where rows lie: tiles
are v_pitch apart in v and m_pitch in m, points u_pitch in u; a vector more than a row has, so that rows do
not share sets of the L1 cache.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...chain.stages import Form
from ...engine import machine
from ...engine.geometry import Geometry
from ...engine.jit import get_num_threads, inline, kernel, share
from ...memory.buffers import empty, scratch, settled
from ...simd import fma, load, store, zero
from ..direct import BYTES_A_CYCLE
from ..plan import Packed, Place, literals_of_stages, sizes_of_stages
from ..problem import Problem
from .tiles import TRANSFORM, tile_sizes, transform_filter, transform_inputs, transform_output
from .transform import POINTS, is_used, products_of, square_at, squares_of

L2_BYTES = 5 << 18
"""Tiles, products and filters of so many bytes stay in the L2 cache: nothing waits for memory."""
TILES = 112
"""Most tiles of a block."""


@dataclass(eq=False)
class Winograd(Packed):
    """One convolution of any number of images."""

    transforms: Geometry

    def convolve(
        self,
        x: np.ndarray,
        packed: np.ndarray,
        bias: np.ndarray,
        y: np.ndarray,
        images: int,
        other: np.ndarray,
    ) -> None:
        """Convolve all images of flat x into flat y."""
        g = self.geometry
        u = empty((POINTS * g.u_pitch,), x.dtype)
        _filters(g.panels * g.squares * g.channels, 16.0 * u.size, self.transforms, packed, u)
        settled(u)
        tiles = images * g.tiles_h * g.tiles_w
        block, parts = _cut(g, tiles, x.itemsize, get_num_threads())
        _forward(-(-tiles // block) * parts, 2.0 * tiles * u.size,
            g, x, u, bias, other, y, tiles, block, parts, self.streams(y),
        )  # fmt: skip


def cycles(tiles: int, taps: tuple[int, int], channels: int, filters: int, dtype: np.dtype) -> float:
    """The estimated time of one thread that does it all."""
    inputs = squares_of(*taps) * channels
    products = products_of(*taps) * tiles * channels * filters / machine.lanes(dtype) / machine.PORTS
    points = 2 * POINTS * inputs * filters * dtype.itemsize / BYTES_A_CYCLE  # written, and read again
    return products + TRANSFORM * tiles * (inputs + filters) + points


@lru_cache(maxsize=1024)
def plan(
    p: Problem, place: Place, relu: bool, vectors: int | None = None, forms: tuple[Form, ...] = ()
) -> Winograd:
    """Plan a convolution for which the algorithm `wins`."""
    channels, filters = p.channels, p.filters
    tile = machine.tile(None, filters, p.dtype)
    columns = tile.vectors * tile.lanes
    panels, squares = -(-filters // columns), squares_of(p.height.taps, p.width.taps)
    sizes = {
        "channels": channels, "filters": filters, "blocks": panels, "panels": panels,
        "taps_h": p.height.taps, "taps_w": p.width.taps, "squares": squares,
        "m_pitch": panels * columns + tile.lanes,
        "u_pitch": panels * squares * channels * columns + tile.lanes,
    }  # fmt: skip
    transforms = Geometry({**sizes, "columns": columns}, lanes=tile.lanes)
    geometry = Geometry(
        tile_sizes(p, place) | sizes | {"relu": int(relu)} | sizes_of_stages(p, forms),
        v_pitch=channels + tile.lanes, columns=columns, rows=tile.rows, vectors=tile.vectors,
        lanes=tile.lanes, **literals_of_stages(p, forms),
    )  # fmt: skip
    return Winograd(geometry, transforms)


@lru_cache(maxsize=1024)
def _cut(g: Geometry, tiles: int, itemsize: int, threads: int) -> tuple[int, int]:
    """Tiles of a block and parts of the panels, of the shortest estimated time. No result depends on it."""
    multiplications = products_of(g.taps_h, g.taps_w)

    def cycles(cut: tuple[int, int]) -> float:
        block, parts = cut
        jobs = -(-tiles // block) * parts
        panels = -(-g.panels // parts)
        products = multiplications * block * g.channels * panels * g.vectors / machine.PORTS
        inputs, filters = g.squares * g.channels, panels * g.columns
        points = POINTS * inputs * filters * itemsize
        in_l2 = POINTS * block * (g.v_pitch + g.m_pitch) * itemsize + points <= L2_BYTES
        waits = 0 if in_l2 else points / BYTES_A_CYCLE
        transforms = TRANSFORM * (1 if in_l2 else 2) * min(block, tiles) * (inputs + filters)
        return -(-jobs // min(jobs, threads)) * (products + transforms + waits)

    blocks = range(g.rows, max(g.rows, min(TILES, tiles + g.rows - 1)) + 1, g.rows)
    return min(((b, p) for b in blocks for p in range(1, g.panels + 1)), key=lambda cut: (cycles(cut), cut))


@kernel
def _filters(g, packed, u, first, last):
    """u[point, panel, square, c, column] = G w G^T

    packed[panel, r, s, c, column] from `pack`; overwrites u, whose points are u_pitch apart. Filters fill
    whole vectors; a square may have fewer than 3x3 taps. A job is one channel of one square of one panel.
    """
    tap = g.channels * g.columns
    for job in range(first, last):
        panel = job // (g.squares * g.channels)
        square, c = job // g.channels - panel * g.squares, job % g.channels
        r, s, rows, columns = square_at(g, square)
        at = ((panel * g.taps_h + r) * g.taps_w + s) * tap + c * g.columns
        for lane in range(0, g.columns, g.lanes):
            transform_filter(
                g, packed, at + lane, g.taps_w * tap, tap, rows, columns, u, job * g.columns + lane, g.u_pitch
            )


@inline
def _products(g, v, u, m, block, count, panel0, panel1, square, rows, columns):
    """m[point, tile, k] += sum over c of v[point, tile, c] * u[point, k, square, c]

                       u[point, panel, square, c]      one row of vectors
                       --------------------------
    v[point, tile,  c] |                        |
    v[point, tile+1,c] |  acc += v column * u row|     g.rows tiles, v_pitch apart
            ...        |                        |

    The microkernel: `count` tiles, rounded up to g.rows (v has room for `block`), by the panels panel0 to
    panel1. The first square overwrites m. A square of `rows` x `columns` taps leaves out the points at which
    it has no element.
    """
    for point in range(POINTS):
        depth = g.channels if is_used(point, rows, columns) else 0
        for panel in range(panel0, panel1 if depth or square == 0 else panel0):
            b = point * g.u_pitch + (panel * g.squares + square) * g.channels * g.columns
            for t in range(0, count, g.rows):
                a = (point * block + t) * g.v_pitch
                to = (point * block + t) * g.m_pitch + panel * g.columns
                if square == 0:
                    acc = zero(v, g.rows, g.vectors, g.lanes)
                else:
                    acc = load(m, to, g.m_pitch, g.rows, g.vectors, g.lanes, g.columns)
                for c in range(depth):
                    acc = fma(acc, v, a + c, g.v_pitch, u, b + c * g.columns, g.columns)
                store(acc, m, to, g.m_pitch, g.columns)


@kernel
def _forward(g, x, u, bias, other, y, tiles, block, parts, bypass, first, last):
    """y[n, p, q, k] = bias[k] + A^T (sum over squares and c of u * v) A, with v = B^T x B

    x (N, H, W, C), u from `_filters`, bias (K,), y where g's `Place` says. Channels and filters fill whole
    vectors, stride and dilation are 1; any taps, padding and image. Overwrites y. A job is `block` of the
    `tiles` of all images, a multiple of g.rows, and one of `parts` of the panels, as `_cut` deals them.
    """
    v = scratch(POINTS * block * g.v_pitch, x)
    m = scratch(POINTS * block * g.m_pitch, x)
    half = scratch(POINTS * g.lanes, x)
    for job in range(first, last):
        first_tile = job // parts * block
        count = min(block, tiles - first_tile)
        panel0, panel1 = share(g.panels, parts, job - job // parts * parts)
        for square in range(g.squares):
            r, s, rows, columns = square_at(g, square)
            transform_inputs(g, x, first_tile, count, r, s, 0, g.channels, half, v, block * g.v_pitch)
            _products(g, v, u, m, block, count, panel0, panel1, square, rows, columns)
        k0, k1 = panel0 * g.columns, min(panel1 * g.columns, g.filters)
        for t in range(count):
            at, step = t * g.m_pitch, block * g.m_pitch
            transform_output(g, m, at, step, k0, k1, half, bias, other, y, first_tile + t, bypass)
