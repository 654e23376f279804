"""The weight gradient of few tiles: its sums are transformed where they are made, and never lie in memory.

A job is one part of the filter panels. Of a slice of the channels at a time, it computes

    v[point, tile, c] = B^T x B             all tiles; d[point, tile, k] = G dy G^T was computed before
    m[point, c, k] = sum over tiles of v[point, tile, c] * d[point, tile, k]      on the register tile
    dw[k, c] = A^T m A                      for each vector of channels of each panel
"""

import math
from functools import lru_cache

import numpy as np

from ...engine import machine
from ...engine.geometry import Geometry
from ...engine.jit import get_num_threads, inline, kernel, share
from ...memory.buffers import empty, scratch
from ...simd import fma, store, zero
from ..plan import Plan
from ..problem import Problem
from ..unpack import put_transposed
from .fused import SLICE
from .tiles import TRANSFORM, tile_sizes, transform_gradient, transform_inputs, transform_sums
from .transform import POINTS, TAPS

TILES = 256
"""Most tiles of which a slice of the channels stays in the L2 cache while it meets all filters."""
SUM = 8
"""Cycles in which the sums of one channel of one filter become nine taps, and are written."""


class FusedWeight(Plan):
    """The weight gradient of a number of images."""

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C, 3, 3), from flat x and dy."""
        g = self.geometry
        tiles, parts = images * g.tiles_h * g.tiles_w, min(g.panels, get_num_threads())
        grad_weight = empty((g.filters, g.channels, 3, 3), x.dtype)
        _gradient(parts, 2.0 * POINTS * tiles * g.channels * g.filters,
            g, x, dy, grad_weight.ravel(), tiles, parts,
        )  # fmt: skip
        return grad_weight


def cycles(tiles: int, taps: tuple[int, int], channels: int, filters: int, dtype: np.dtype) -> float:
    """The estimated time of one thread that does it all, or infinity for too many tiles or other taps."""
    if tiles > TILES or taps != (TAPS, TAPS):
        return math.inf
    products = POINTS * tiles * channels * filters / machine.lanes(dtype) / machine.PORTS
    return products + TRANSFORM * tiles * (2 * channels + filters) + SUM * channels * filters


@lru_cache(maxsize=1024)
def plan(p: Problem) -> FusedWeight:
    """Plan the gradient of a convolution whose channels and filters fill vectors."""
    channels, filters = p.channels, p.filters
    lanes, vectors = machine.lanes(p.dtype), 2 if filters % (2 * machine.lanes(p.dtype)) == 0 else 1
    columns, rows = vectors * lanes, min(lanes, 8 if machine.vectors().registers >= 32 else 4)
    sizes = {"channels": channels, "filters": filters, "panels": filters // columns}
    geometry = Geometry(
        tile_sizes(p) | sizes, slice=SLICE, v_pitch=SLICE + lanes, m_pitch=(columns + 1) * lanes,
        columns=columns, rows=rows, vectors=vectors, lanes=lanes,
    )  # fmt: skip
    return FusedWeight(geometry)


@inline
def _products(g, v, v_at, d, d_at, d_pitch, tiles, m):
    """m[point, c, k] = sum over tiles of v[point, tile, c] * d[point, tile, k]: the microkernel.

                          d[point, tile]           one row of vectors
                          --------------------------
    v[point, tile, c    ] |                        |
    v[point, tile, c + 1] |  acc += v column * d row|     g.rows neighbouring channels
             ...          |                        |

    A vector of channels c from v_at by a panel of filters k from d_at, tiles d_pitch apart in d. Overwrites
    m, whose points are m_pitch apart.
    """
    for point in range(POINTS):
        a, b = v_at + point * tiles * g.v_pitch, d_at + point * tiles * d_pitch
        for c in range(0, g.lanes, g.rows):
            acc = zero(v, g.rows, g.vectors, g.lanes)
            for t in range(tiles):
                acc = fma(acc, v, a + c + t * g.v_pitch, 1, d, b + t * d_pitch, g.columns)
            store(acc, m, point * g.m_pitch + c * g.columns, g.columns, g.columns)


@kernel
def _gradient(g, x, dy, grad_weight, tiles, parts, first, last):
    """dw[k, c] = A^T (sum over tiles of v * d) A, with v = B^T x B and d = G dy G^T

    x (N, H, W, C), dy (N, P, Q, K); overwrites grad_weight (K, C, 3, 3). Channels and filters fill whole
    vectors, stride and dilation are 1. A job is one of `parts` of the panels (one for each thread): no sum is
    cut, for each job has all tiles of all images.
    """
    d_pitch = (g.panels + parts - 1) // parts * g.columns + g.lanes
    v = scratch(POINTS * tiles * g.v_pitch, x)
    d = scratch(POINTS * tiles * d_pitch, x)
    m = scratch(POINTS * g.m_pitch, x)
    half = scratch(POINTS * g.lanes, x)
    taps = scratch(9 * g.lanes * g.lanes, x)
    for job in range(first, last):
        panel0, panel1 = share(g.panels, parts, job)
        k0, k1 = panel0 * g.columns, panel1 * g.columns
        for t in range(tiles):
            transform_gradient(g, dy, t, k0, k1, half, d, t * d_pitch - k0, tiles * d_pitch)
        for c0 in range(0, g.channels, g.slice):
            c1 = min(c0 + g.slice, g.channels)
            transform_inputs(g, x, 0, tiles, 0, 0, c0, c1, half, v, tiles * g.v_pitch)
            for k in range(k0, k1, g.columns):
                for c in range(c0, c1, g.lanes):
                    _products(g, v, c - c0, d, k - k0, d_pitch, tiles, m)
                    for lane in range(0, g.columns, g.lanes):
                        for i in range(g.lanes):
                            at, to = i * g.columns + lane, 9 * i * g.lanes
                            transform_sums(g, m, at, g.m_pitch, 1, 0, half, taps, to, TAPS, TAPS, TAPS)
                        to = ((k + lane) * g.channels + c) * 9
                        put_transposed(g, taps, 9 * g.lanes, grad_weight, to, 9 * g.channels, g.lanes)
