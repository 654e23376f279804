"""The weight gradient on transformed tiles: F(3x3, 4x4).

    v[point, tile, c] = B^T x B               of the 6x6 inputs of a tile
    d[point, tile, k] = G dy G^T              of its 4x4 output gradients
    m[square, point, c, k] = sum over tiles of v[point, tile, c] * d[point, tile, k]  on the register tile
    dw[k, c] = A^T m A                        for each square of the taps

The tiles are dealt to a fixed number of parts, each part sums its tiles in order, and the parts are added in
order: the order of a sum depends on shapes alone.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...engine import machine
from ...engine.geometry import Geometry
from ...engine.jit import get_num_threads, inline, kernel, share
from ...memory.buffers import empty, scratch
from ...simd import fma, load, store
from ..plan import Plan
from ..problem import Problem
from ..unpack import put_transposed
from .tiles import tile_sizes, transform_gradient, transform_inputs, transform_sums
from .transform import POINTS, SIDE, TAPS, is_used, square_at, squares_of

TILES = 56
"""Tiles of a block: what the register tile sums between its load and its store."""
PARTS = 8
"""Most parts of the sum over tiles, fewer of several squares: more threads than that share panels."""
PART = 64
"""Fewest tiles of a part, if there are several."""


@dataclass(eq=False)
class WinogradWeight(Plan):
    """The weight gradient of a number of images."""

    transforms: Geometry

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C, kH, kW), from flat x and dy."""
        g = self.geometry
        tiles, size = images * g.tiles_h * g.tiles_w, g.squares * POINTS * g.panels * g.depth * g.columns
        parts = max(1, min(PARTS // g.squares, tiles // PART)) if g.panels < PARTS else 1
        sums = empty((parts * size,), x.dtype)
        splits = min(g.panels, -(-get_num_threads() // parts))
        _sum(parts * splits, 2.0 * tiles * size, g, x, dy, sums, tiles, parts, splits)
        grad_weight = empty((g.filters, g.channels, g.taps_h, g.taps_w), x.dtype)
        _finish(
            g.channels // g.lanes * g.panels, 2.0 * sums.size,
            self.transforms, sums, grad_weight.ravel(), parts,
        )  # fmt: skip
        return grad_weight


@lru_cache(maxsize=1024)
def plan(p: Problem) -> WinogradWeight:
    """Plan the gradient of a convolution for which `weight_wins`."""
    channels, filters = p.channels, p.filters
    tile = machine.tile(channels, filters, p.dtype)
    columns = tile.vectors * tile.lanes
    panels, chunks = -(-filters // columns), -(-channels // tile.rows)
    depth = chunks * tile.rows
    sizes = {
        "channels": channels, "filters": filters, "taps_h": p.height.taps, "taps_w": p.width.taps,
        "squares": squares_of(p.height.taps, p.width.taps), "panels": panels, "chunks": chunks,
        "depth": depth, "d_pitch": (panels + 1) * columns,
        "v_pitch": (-(-depth // tile.lanes) + 1) * tile.lanes,
    }  # fmt: skip
    geometry = Geometry(
        tile_sizes(p) | sizes, columns=columns, rows=tile.rows, vectors=tile.vectors,
        lanes=tile.lanes,
    )  # fmt: skip
    transforms = Geometry({**sizes, "columns": columns}, lanes=tile.lanes)
    return WinogradWeight(geometry, transforms)


@inline
def _products(g, v, d, sums, at, count, panel0, panel1, rows, columns):
    """sums[point, panel, chunk, i, j] += sum over tiles of v[point, tile, c] * d[point, tile, k]

                          d[point, tile, k : k + columns]      one row of vectors
                          --------------------------
    v[point, tile, c    ] |                        |
    v[point, tile, c + 1] |  acc += v column * d row|     g.rows neighbouring channels, a chunk
             ...          |                        |

    The microkernel: the `count` tiles of a block, the panels panel0 to panel1, sums of one square from `at`.
    A square of `rows` x `columns` taps leaves out the points at which it has no element.
    """
    for point in range(POINTS):
        for panel in range(panel0, panel1 if is_used(point, rows, columns) else panel0):
            for chunk in range(g.chunks):
                to = at + (((point * g.panels + panel) * g.chunks) + chunk) * g.rows * g.columns
                a = point * TILES * g.v_pitch + chunk * g.rows
                b = point * TILES * g.d_pitch + panel * g.columns
                acc = load(sums, to, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                for t in range(count):
                    acc = fma(acc, v, a + t * g.v_pitch, 1, d, b + t * g.d_pitch, g.columns)
                store(acc, sums, to, g.columns, g.columns)


@kernel
def _sum(g, x, dy, sums, tiles, parts, splits, first, last):
    """sums[part, square, point, panel, c, column] = sum over the part's tiles of v * d

    with v = B^T x B and d = G dy G^T; x (N, H, W, C), dy (N, P, Q, K). Channels and filters fill whole
    vectors, stride and dilation are 1; any taps, padding and image. Overwrites sums: a part is cleared first,
    then its tiles are added in order. A job is one of `parts` of the `tiles` of all images (in the plan: by
    shape alone) and one of `splits` of the panels (as many as threads are left for).
    """
    v = scratch(POINTS * TILES * g.v_pitch, x)
    d = scratch(POINTS * TILES * g.d_pitch, x)
    half = scratch(POINTS * g.lanes, x)
    size = g.panels * g.depth * g.columns
    for job in range(first, last):
        part = job // splits
        panel0, panel1 = share(g.panels, splits, job - part * splits)
        k0, k1 = panel0 * g.columns, min(panel1 * g.columns, g.filters)
        at = part * g.squares * POINTS * size
        for point in range(g.squares * POINTS):
            first_sum = at + point * size
            sums[first_sum + panel0 * g.depth * g.columns : first_sum + panel1 * g.depth * g.columns] = 0
        t0, t1 = share(tiles, parts, part)
        for block in range(t0, t1, TILES):
            count = min(TILES, t1 - block)
            for t in range(count):
                transform_gradient(
                    g, dy, block + t, k0, k1, half, d, t * g.d_pitch, TILES * g.d_pitch
                )  # fmt: skip
            for square in range(g.squares):
                r, s, rows, columns = square_at(g, square)
                transform_inputs(g, x, block, count, r, s, 0, g.channels, half, v, TILES * g.v_pitch)
                _products(g, v, d, sums, at + square * POINTS * size, count, panel0, panel1, rows, columns)


@kernel
def _finish(g, sums, grad_weight, parts, first, last):
    """dw[k, c, r, s] = A^T m A, m the parts of sums[part, square, point, panel, c, column] added in order

    Overwrites grad_weight (K, C, kH, kW). A job is `lanes` channels of one panel: a vector of filters at a
    time, the taps of all its squares go to taps[c, tap, lane], which is transposed.
    """
    every = g.taps_h * g.taps_w
    half = scratch(TAPS * SIDE * g.lanes, sums)
    taps = scratch(every * g.lanes * g.lanes, sums)
    step = g.panels * g.depth * g.columns
    part_step = g.squares * POINTS * step
    for job in range(first, last):
        panel = job // (g.channels // g.lanes)
        c0 = (job - panel * (g.channels // g.lanes)) * g.lanes
        for k in range(panel * g.columns, min((panel + 1) * g.columns, g.filters), g.lanes):
            for square in range(g.squares):
                r, s, rows, columns = square_at(g, square)
                for c in range(g.lanes):
                    at = (
                        square * POINTS * step
                        + (panel * g.depth + c0 + c) * g.columns
                        + k
                        - panel * g.columns
                    )
                    to = (c * every + r * g.taps_w + s) * g.lanes
                    transform_sums(
                        g, sums, at, step, parts, part_step, half, taps, to, g.taps_w, rows, columns
                    )  # fmt: skip
            to = (k * g.channels + c0) * every
            put_transposed(g, taps, every * g.lanes, grad_weight, to, every * g.channels, g.lanes)
