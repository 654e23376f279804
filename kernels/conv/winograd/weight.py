"""The weight gradient on transformed tiles: F(3x3, 4x4).

    v[point, tile, c] = B^T x B               of the 6x6 inputs of a tile
    d[point, tile, k] = G dy G^T              of its 4x4 output gradients
    m[square, point, c, k] = sum over tiles of v[point, tile, c] * d[point, tile, k]  on the register tile
    dw[k, c] = A^T m A                        for each square of the taps

The tiles are dealt to a fixed number of parts, each part sums its tiles in order, and the parts are added in
order: the order of a sum depends on shapes alone.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fastconv.geometry import Axis

from ...engine import machine
from ...engine.geometry import Geometry
from ...engine.jit import get_num_threads, inline, kernel, share
from ...memory.buffers import empty, scratch
from ...simd import fma, load, read, store, write
from ..plan import Plan
from ..unpack import put_transposed
from .forward import transform_inputs
from .transform import (
    OUTPUTS,
    POINTS,
    SIDE,
    TAPS,
    gradient_points,
    is_used,
    position,
    read_six,
    square_at,
    squares_of,
    taps_of,
    tiles_of,
    write_six,
)

TILES = 56
"""Tiles of a block: what the register tile sums between its load and its store."""
PARTS = 8
"""Most parts of the sum over tiles, fewer of several squares: more threads than that share panels."""


@dataclass(eq=False)
class WinogradWeight(Plan):
    """The weight gradient of a number of images."""

    transforms: Geometry
    parts: int

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C, kH, kW), from flat x and dy."""
        g = self.geometry
        down, across = tiles_of(self.height, self.width)
        tiles, size = images * down * across, g.squares * POINTS * g.panels * g.depth * g.columns
        sums = empty((self.parts * size,), x.dtype)
        splits = min(g.panels, -(-get_num_threads() // self.parts))
        _sum(self.parts * splits, 2.0 * tiles * size,
            g, x, dy, sums, tiles, down, across, *self.sizes, self.parts, splits,
        )  # fmt: skip
        grad_weight = empty((g.filters, g.channels, g.taps_h, g.taps_w), x.dtype)
        _finish(
            g.channels // g.lanes * g.panels, 2.0 * sums.size,
            self.transforms, sums, grad_weight.ravel(), self.parts,
        )  # fmt: skip
        return grad_weight


@lru_cache(maxsize=1024)
def plan(
    images: int, height: Axis, width: Axis, channels: int, filters: int, dtype: np.dtype
) -> WinogradWeight:
    """Plan the gradient of a convolution for which `weight_wins`."""
    tile = machine.tile(channels, filters, dtype)
    columns = tile.vectors * tile.lanes
    panels, chunks = -(-filters // columns), -(-channels // tile.rows)
    depth = chunks * tile.rows
    sizes = {
        "channels": channels, "filters": filters, "taps_h": height.taps, "taps_w": width.taps,
        "squares": squares_of(height.taps, width.taps), "panels": panels, "chunks": chunks, "depth": depth,
        "cell": (-(-depth // tile.lanes) + 1) * tile.lanes, "result": (panels + 1) * columns,
    }  # fmt: skip
    geometry = Geometry(sizes, columns=columns, rows=tile.rows, vectors=tile.vectors, lanes=tile.lanes)
    transforms = Geometry({**sizes, "columns": columns}, lanes=tile.lanes)
    tiles = images * math.prod(tiles_of(height, width))
    parts = max(1, min(PARTS // sizes["squares"], tiles // 256)) if panels < PARTS else 1
    return WinogradWeight(geometry, height, width, transforms, parts)


@inline
def _read_gradient(g, dy, at, step, rows, count):
    return (
        read(dy, at, g.lanes, count),
        read(dy, at + step, g.lanes, count if rows > 1 else 0),
        read(dy, at + 2 * step, g.lanes, count if rows > 2 else 0),
        read(dy, at + 3 * step, g.lanes, count if rows > 3 else 0),
    )


@inline
def transform_gradient(g, dy, at, line, rows, columns, k0, k1, half, d, to, step):
    """d[to + point * step + k] = G dy G^T of 4x4 output gradients, of which `rows` x `columns` exist."""
    for k in range(k0, k1, g.lanes):
        for j in range(OUTPUTS):
            four = _read_gradient(g, dy, at + j * g.filters + k, line, rows, g.lanes if j < columns else 0)
            write_six(gradient_points(*four), half, j * g.lanes, OUTPUTS * g.lanes, g.lanes)
        for i in range(SIDE):
            four = _read_gradient(g, half, i * OUTPUTS * g.lanes, g.lanes, OUTPUTS, g.lanes)
            write_six(gradient_points(*four), d, to + i * SIDE * step + k, step, g.lanes)


@inline
def _products(g, v, d, sums, at, count, panel0, panel1, rows, columns):
    """sums[point, panel, c, k] += sum over tiles of v[point, tile, c] * d[point, tile, k]"""
    for point in range(POINTS):
        for panel in range(panel0, panel1 if is_used(point, rows, columns) else panel0):
            for chunk in range(g.chunks):
                to = at + (((point * g.panels + panel) * g.chunks) + chunk) * g.rows * g.columns
                a, b = point * TILES * g.cell + chunk * g.rows, point * TILES * g.result + panel * g.columns
                acc = load(sums, to, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                for t in range(count):
                    acc = fma(acc, v, a + t * g.cell, 1, d, b + t * g.result, g.columns)
                store(acc, sums, to, g.columns, g.columns)


@kernel
def _sum(
    g, x, dy, sums, tiles, down, across, height, width, top, left, outputs_h, outputs_w, parts, splits,
    first, last,
):  # fmt: skip
    """A job is one part of the tiles and one split of the panels."""
    v = scratch(POINTS * TILES * g.cell, x)
    d = scratch(POINTS * TILES * g.result, x)
    half = scratch(POINTS * g.lanes, x)
    size = g.panels * g.depth * g.columns
    for job in range(first, last):
        part = job // splits
        panel0, panel1 = share(g.panels, splits, job - part * splits)
        at = part * g.squares * POINTS * size
        for point in range(g.squares * POINTS):
            first_sum = at + point * size
            sums[first_sum + panel0 * g.depth * g.columns : first_sum + panel1 * g.depth * g.columns] = 0
        t0, t1 = share(tiles, parts, part)
        for block in range(t0, t1, TILES):
            count = min(TILES, t1 - block)
            for t in range(count):
                n, i, j = position(block + t, down, across)
                transform_gradient(
                    g, dy, ((n * outputs_h + i * OUTPUTS) * outputs_w + j * OUTPUTS) * g.filters,
                    outputs_w * g.filters, outputs_h - i * OUTPUTS, outputs_w - j * OUTPUTS,
                    panel0 * g.columns, min(panel1 * g.columns, g.filters), half,
                    d, t * g.result, TILES * g.result,
                )  # fmt: skip
            for square in range(g.squares):
                r, s, rows, columns = square_at(g, square)
                transform_inputs(
                    g, x, block, count, down, across, r - top, s - left, height, width, 0, g.channels,
                    half, v, TILES * g.cell,
                )  # fmt: skip
                _products(g, v, d, sums, at + square * POINTS * size, count, panel0, panel1, rows, columns)


@inline
def _six_sums(g, sums, at, step, parts, part_step):
    """Six vectors, `step` apart, each the sum of its parts."""
    m0, m1, m2, m3, m4, m5 = read_six(sums, at, step, g.lanes)
    for part in range(1, parts):
        p0, p1, p2, p3, p4, p5 = read_six(sums, at + part * part_step, step, g.lanes)
        m0, m1, m2, m3, m4, m5 = m0 + p0, m1 + p1, m2 + p2, m3 + p3, m4 + p4, m5 + p5
    return m0, m1, m2, m3, m4, m5


@inline
def transform_sums(g, sums, at, point, parts, part_step, half, taps, to, line, rows, columns):
    """taps[to + (r * line + s) * lanes] = A^T m A of the added parts of a vector of filters.

    The sums of neighbouring points lie `point` apart, the parts `part_step`.
    """
    for j in range(SIDE):
        t0, t1, t2 = taps_of(*_six_sums(g, sums, at + j * point, SIDE * point, parts, part_step))
        write(t0, half, j * g.lanes, g.lanes)
        write(t1, half, (SIDE + j) * g.lanes, g.lanes)
        write(t2, half, (2 * SIDE + j) * g.lanes, g.lanes)
    for r in range(rows):
        t0, t1, t2 = taps_of(*read_six(half, r * SIDE * g.lanes, g.lanes, g.lanes))
        here = to + r * line * g.lanes
        write(t0, taps, here, g.lanes)
        if columns > 1:
            write(t1, taps, here + g.lanes, g.lanes)
        if columns > 2:
            write(t2, taps, here + 2 * g.lanes, g.lanes)


@kernel
def _finish(g, sums, grad_weight, parts, first, last):
    """A job is `lanes` channels of one panel: A^T m A of the added parts, transposed to (K, C, kH, kW)."""
    every = g.taps_h * g.taps_w
    half = scratch(TAPS * SIDE * g.lanes, sums)
    taps = scratch(every * g.lanes * g.lanes, sums)
    point = g.panels * g.depth * g.columns
    for job in range(first, last):
        panel = job // (g.channels // g.lanes)
        c0 = (job - panel * (g.channels // g.lanes)) * g.lanes
        for k in range(panel * g.columns, min((panel + 1) * g.columns, g.filters), g.lanes):
            for square in range(g.squares):
                r, s, rows, columns = square_at(g, square)
                for c in range(g.lanes):
                    at = square * POINTS * point + (panel * g.depth + c0 + c) * g.columns
                    transform_sums(
                        g, sums, at + k - panel * g.columns, point, parts, g.squares * POINTS * point, half,
                        taps, (c * every + r * g.taps_w + s) * g.lanes, g.taps_w, rows, columns,
                    )  # fmt: skip
            to = (k * g.channels + c0) * every
            put_transposed(g, taps, every * g.lanes, grad_weight, to, every * g.channels, g.lanes)
