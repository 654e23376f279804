"""The weight gradient of few tiles: its sums are transformed where they are made, and never lie in memory.

A job is one part of the filter panels. Of a slice of the channels at a time, it computes

    v[point, tile, c] = B^T x B             all tiles; d[point, tile, k] = G dy G^T was computed before
    m[point, c, k] = sum over tiles of v[point, tile, c] * d[point, tile, k]      on the register tile
    dw[k, c] = A^T m A                      for each vector of channels of each panel
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fastconv.geometry import Axis

from ...engine import machine
from ...engine.geometry import Geometry
from ...engine.jit import get_num_threads, kernel, share
from ...memory.buffers import empty, scratch
from ...simd import fma, store, zero
from ..plan import Plan
from ..unpack import put_transposed
from .forward import TRANSFORM, transform_inputs
from .fused import SLICE
from .transform import OUTPUTS, POINTS, TAPS, position, tiles_of
from .weight import transform_gradient, transform_sums

TILES = 256
"""Most tiles of which a slice of the channels is near while it meets all filters."""
SUM = 8
"""Cycles in which the sums of one channel of one filter become nine taps, and are written."""


@dataclass(eq=False)
class FusedWeight(Plan):
    """The weight gradient of a number of images."""

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C, 3, 3), from flat x and dy."""
        g = self.geometry
        down, across = tiles_of(self.height, self.width)
        tiles, parts = images * down * across, min(g.panels, get_num_threads())
        grad_weight = empty((g.filters, g.channels, 3, 3), x.dtype)
        _gradient(parts, 2.0 * POINTS * tiles * g.channels * g.filters,
            g, x, dy, grad_weight.ravel(), tiles, down, across, *self.sizes, parts,
        )  # fmt: skip
        return grad_weight


def cycles(tiles: int, taps: tuple[int, int], channels: int, filters: int, dtype: np.dtype) -> float:
    """The estimated time of one thread that does it all, or infinity for too many tiles or other taps."""
    if tiles > TILES or taps != (TAPS, TAPS):
        return math.inf
    products = POINTS * tiles * channels * filters / machine.lanes(dtype) / machine.PORTS
    return products + TRANSFORM * tiles * (2 * channels + filters) + SUM * channels * filters


@lru_cache(maxsize=1024)
def plan(height: Axis, width: Axis, channels: int, filters: int, dtype: np.dtype) -> FusedWeight:
    """Plan the gradient of a convolution whose channels and filters fill vectors."""
    lanes, vectors = machine.lanes(dtype), 2 if filters % (2 * machine.lanes(dtype)) == 0 else 1
    columns, rows = vectors * lanes, min(lanes, 8 if machine.vectors().registers >= 32 else 4)
    sizes = {"channels": channels, "filters": filters, "panels": filters // columns}
    geometry = Geometry(
        sizes, slice=SLICE, cell=SLICE + lanes, point=(columns + 1) * lanes,
        columns=columns, rows=rows, vectors=vectors, lanes=lanes,
    )  # fmt: skip
    return FusedWeight(geometry, height, width)


@kernel
def _gradient(
    g, x, dy, grad_weight, tiles, down, across, height, width, top, left, outputs_h, outputs_w, parts,
    first, last,
):  # fmt: skip
    """A job is one part of the panels."""
    result = (g.panels + parts - 1) // parts * g.columns + g.lanes
    v = scratch(POINTS * tiles * g.cell, x)
    d = scratch(POINTS * tiles * result, x)
    m = scratch(POINTS * g.point, x)
    half = scratch(POINTS * g.lanes, x)
    taps = scratch(9 * g.lanes * g.lanes, x)
    for job in range(first, last):
        panel0, panel1 = share(g.panels, parts, job)
        k0, k1 = panel0 * g.columns, panel1 * g.columns
        for t in range(tiles):
            n, i, j = position(t, down, across)
            transform_gradient(
                g, dy, ((n * outputs_h + i * OUTPUTS) * outputs_w + j * OUTPUTS) * g.filters,
                outputs_w * g.filters, outputs_h - i * OUTPUTS, outputs_w - j * OUTPUTS, k0, k1, half,
                d, t * result - k0, tiles * result,
            )  # fmt: skip
        for c0 in range(0, g.channels, g.slice):
            c1 = min(c0 + g.slice, g.channels)
            transform_inputs(
                g, x, 0, tiles, down, across, -top, -left, height, width, c0, c1, half, v, tiles * g.cell
            )  # fmt: skip
            for k in range(k0, k1, g.columns):
                for c in range(c0, c1, g.lanes):
                    for point in range(POINTS):
                        a, b = point * tiles * g.cell + c - c0, point * tiles * result + k - k0
                        for row in range(0, g.lanes, g.rows):
                            acc = zero(x, g.rows, g.vectors, g.lanes)
                            for t in range(tiles):
                                acc = fma(acc, v, a + row + t * g.cell, 1, d, b + t * result, g.columns)
                            store(acc, m, point * g.point + row * g.columns, g.columns, g.columns)
                    for lane in range(0, g.columns, g.lanes):
                        for i in range(g.lanes):
                            at = i * g.columns + lane
                            transform_sums(
                                g, m, at, g.point, 1, 0, half, taps, 9 * i * g.lanes, TAPS, TAPS, TAPS
                            )
                        to = ((k + lane) * g.channels + c) * 9
                        put_transposed(g, taps, 9 * g.lanes, grad_weight, to, 9 * g.channels, g.lanes)
