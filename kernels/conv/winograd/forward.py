"""The forward pass on transformed tiles, and the input gradient, which is one too.

A job is a block of tiles of 4x4 outputs and a part of the filter panels:

    v[point, tile, c] = B^T x B             every tile of the block, for one square of the taps
    m[point, tile, k] += sum over c of v[point, tile, c] * u[point, k, square, c]     on the register tile

    y = A^T m A + bias                      after the last square

u = G w G^T is computed before, by a kernel of its own.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fastconv.geometry import Axis

from ...engine import machine
from ...engine.geometry import Geometry
from ...engine.jit import get_num_threads, inline, kernel, share
from ...memory.buffers import empty, scratch, streams
from ...simd import fma, load, pour, read, select, store, write, zero
from ..direct import BYTES_A_CYCLE
from ..plan import Packed, Place
from .transform import (
    OUTPUTS,
    POINTS,
    SIDE,
    filter_points,
    input_points,
    is_used,
    outputs_of,
    position,
    products_of,
    read_six,
    square_at,
    squares_of,
    tiles_of,
    write_six,
)

TRANSFORM = 24
"""Cycles in which one tile's element goes through all points (measured; half of them wait for memory)."""
NEAR_BYTES = 5 << 18
"""Tiles, products and filters of so many bytes stay in the second-level cache: nothing waits."""
TILES = 112
"""Most tiles of a block."""


@dataclass(eq=False)
class Winograd(Packed):
    """One convolution of any number of images."""

    transforms: Geometry

    def convolve(
        self, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, y: np.ndarray, images: int
    ) -> None:
        """Convolve all images of flat x into flat y."""
        g = self.geometry
        points = empty((POINTS * g.point,), x.dtype)
        _filters(g.panels * g.squares * g.channels, 16.0 * points.size, self.transforms, packed, points)
        down, across = tiles_of(self.height, self.width)
        tiles = images * down * across
        block, parts = _cut(g, tiles, x.itemsize, get_num_threads())
        _forward(-(-tiles // block) * parts, 2.0 * tiles * points.size,
            g, x, points, bias, y, tiles, down, across, *self.sizes, *self.place, block, parts,
            streams(y, g.filters),
        )  # fmt: skip


def cycles(tiles: int, taps: tuple[int, int], channels: int, filters: int, dtype: np.dtype) -> float:
    """The estimated time of one thread that does it all."""
    inputs = squares_of(*taps) * channels
    products = products_of(*taps) * tiles * channels * filters / machine.lanes(dtype) / machine.PORTS
    points = 2 * POINTS * inputs * filters * dtype.itemsize / BYTES_A_CYCLE  # written, and read again
    return products + TRANSFORM * tiles * (inputs + filters) + points


@lru_cache(maxsize=1024)
def plan(
    height: Axis, width: Axis, channels: int, filters: int, place: Place, relu: bool, dtype: np.dtype
) -> Winograd:
    """Plan a convolution for which the algorithm `wins`."""
    tile = machine.tile(None, filters, dtype)
    columns = tile.vectors * tile.lanes
    panels, squares = -(-filters // columns), squares_of(height.taps, width.taps)
    sizes = {
        "channels": channels, "filters": filters, "blocks": panels, "panels": panels,
        "taps_h": height.taps, "taps_w": width.taps, "squares": squares,
        "result": panels * columns + tile.lanes, "point": panels * squares * channels * columns + tile.lanes,
        "relu": int(relu),
    }  # fmt: skip
    transforms = Geometry({**sizes, "columns": columns}, lanes=tile.lanes)
    geometry = Geometry(
        sizes, cell=channels + tile.lanes, columns=columns, rows=tile.rows, vectors=tile.vectors,
        lanes=tile.lanes,
    )  # fmt: skip
    return Winograd(geometry, height, width, place, transforms)


@lru_cache(maxsize=1024)
def _cut(g: Geometry, tiles: int, itemsize: int, threads: int) -> tuple[int, int]:
    """Tiles of a block and parts of the panels, of the shortest estimated time. No result depends on it."""
    every = products_of(g.taps_h, g.taps_w)

    def cycles(cut: tuple[int, int]) -> float:
        block, parts = cut
        jobs = -(-tiles // block) * parts
        panels = -(-g.panels // parts)
        products = every * block * g.channels * panels * g.vectors / machine.PORTS
        inputs, filters = g.squares * g.channels, panels * g.columns
        points = POINTS * inputs * filters * itemsize
        near = POINTS * block * (g.cell + g.result) * itemsize + points <= NEAR_BYTES
        waits = 0 if near else points / BYTES_A_CYCLE
        transforms = TRANSFORM / (2 if near else 1) * min(block, tiles) * (inputs + filters)
        return -(-jobs // min(jobs, threads)) * (products + transforms + waits)

    blocks = range(g.rows, max(g.rows, min(TILES, tiles + g.rows - 1)) + 1, g.rows)
    return min(((b, p) for b in blocks for p in range(1, g.panels + 1)), key=lambda cut: (cycles(cut), cut))


@inline
def _column(g, w, at, step, rows, exists):
    """The taps of a column of a square as G w, those beyond its `rows` zero, or all if it does not exist."""
    return filter_points(
        read(w, at, g.lanes, g.lanes if exists else 0),
        read(w, at + step, g.lanes, g.lanes if exists and rows > 1 else 0),
        read(w, at + 2 * step, g.lanes, g.lanes if exists and rows > 2 else 0),
    )


@inline
def transform_filter(g, w, at, row, tap, rows, columns, points, to, point):
    """points[to + i * point] = G w G^T of a square of `rows` x `columns` taps of a vector of filters.

    The taps lie `tap` apart, their rows `row`.
    """
    a0, a1, a2, a3, a4, a5 = _column(g, w, at, row, rows, True)
    b0, b1, b2, b3, b4, b5 = _column(g, w, at + tap, row, rows, columns > 1)
    c0, c1, c2, c3, c4, c5 = _column(g, w, at + 2 * tap, row, rows, columns > 2)
    write_six(filter_points(a0, b0, c0), points, to, point, g.lanes)
    write_six(filter_points(a1, b1, c1), points, to + SIDE * point, point, g.lanes)
    write_six(filter_points(a2, b2, c2), points, to + 2 * SIDE * point, point, g.lanes)
    write_six(filter_points(a3, b3, c3), points, to + 3 * SIDE * point, point, g.lanes)
    write_six(filter_points(a4, b4, c4), points, to + 4 * SIDE * point, point, g.lanes)
    write_six(filter_points(a5, b5, c5), points, to + 5 * SIDE * point, point, g.lanes)


@kernel
def _filters(g, packed, points, first, last):
    """points[point, panel, square, c, lane] = G w G^T; a job is one channel of one square of one panel."""
    tap = g.channels * g.columns
    for job in range(first, last):
        panel = job // (g.squares * g.channels)
        square, c = job // g.channels - panel * g.squares, job % g.channels
        r, s, rows, columns = square_at(g, square)
        at = ((panel * g.taps_h + r) * g.taps_w + s) * tap + c * g.columns
        for lane in range(0, g.columns, g.lanes):
            transform_filter(
                g, packed, at + lane, g.taps_w * tap, tap, rows, columns,
                points, job * g.columns + lane, g.point,
            )  # fmt: skip


@inline
def read_input(g, x, at, step, first, last, count):
    """The rows `first` to `last` (exclusive) of six, `count` elements each, the others zero."""
    return (
        read(x, at, g.lanes, count if first <= 0 < last else 0),
        read(x, at + step, g.lanes, count if first <= 1 < last else 0),
        read(x, at + 2 * step, g.lanes, count if first <= 2 < last else 0),
        read(x, at + 3 * step, g.lanes, count if first <= 3 < last else 0),
        read(x, at + 4 * step, g.lanes, count if first <= 4 < last else 0),
        read(x, at + 5 * step, g.lanes, count if first <= 5 < last else 0),
    )


@inline
def transform_input(g, x, n, row, column, height, width, c0, c1, half, v, to, step):
    """v[to + point * step + c - c0] = B^T x B of 6x6 inputs from (row, column), zero outside of the image."""
    first, last = max(0, -row), min(SIDE, height - row)
    inside = first == 0 and last == SIDE and column >= 0 and column + SIDE <= width
    line = width * g.channels
    at = (n * height + row) * line + column * g.channels
    for c in range(c0, c1, g.lanes):
        for j in range(SIDE):
            here = at + j * g.channels + c
            if inside:
                six = read_six(x, here, line, g.lanes)
            else:
                count = g.lanes if 0 <= column + j < width else 0
                six = read_input(g, x, here, line, first, last, count)
            write_six(input_points(*six), half, j * g.lanes, SIDE * g.lanes, g.lanes)
        for i in range(SIDE):
            six = read_six(half, i * SIDE * g.lanes, g.lanes, g.lanes)
            write_six(input_points(*six), v, to + i * SIDE * step + c - c0, step, g.lanes)


@inline
def transform_inputs(
    g, x, first, count, down, across, row, column, height, width, c0, c1, half, v, step
):  # fmt: skip
    """v[t * cell + point * step + c - c0] of `count` tiles from `first`; tile 0 begins at (row, column)."""
    for t in range(count):
        n, i, j = position(first + t, down, across)
        transform_input(
            g, x, n, i * OUTPUTS + row, j * OUTPUTS + column, height, width, c0, c1, half, v, t * g.cell, step
        )


@inline
def transform_output(g, m, at, step, k0, k1, half, bias, y, to, y_row, y_pixel, rows, columns, bypass):
    """y[to + i * y_row + j * y_pixel + k] = A^T m A + bias, for the rows and columns that exist."""
    for k in range(k0, k1, g.lanes):
        for j in range(SIDE):
            six = read_six(m, at + j * step + k, SIDE * step, g.lanes)
            o0, o1, o2, o3 = outputs_of(*six)
            write(o0, half, j * g.lanes, g.lanes)
            write(o1, half, (SIDE + j) * g.lanes, g.lanes)
            write(o2, half, (2 * SIDE + j) * g.lanes, g.lanes)
            write(o3, half, (3 * SIDE + j) * g.lanes, g.lanes)
        start = read(bias, k, g.lanes, g.lanes)
        for i in range(rows):
            o0, o1, o2, o3 = outputs_of(*read_six(half, i * SIDE * g.lanes, g.lanes, g.lanes))
            here = to + i * y_row + k
            _put(g, o0 + start, y, here, bypass)
            if columns > 1:
                _put(g, o1 + start, y, here + y_pixel, bypass)
            if columns > 2:
                _put(g, o2 + start, y, here + 2 * y_pixel, bypass)
            if columns > 3:
                _put(g, o3 + start, y, here + 3 * y_pixel, bypass)


@inline
def _put(g, outputs, y, at, bypass):
    """Outputs of neighbouring filters, for good."""
    pour(select(outputs < 0, 0, outputs) if g.relu else outputs, y, at, g.lanes, bypass)


@inline
def _products(g, v, points, m, block, count, panel0, panel1, square, rows, columns):
    """m[point, tile, k] += sum over c of v[point, tile, c] * points[point, k, square, c]"""
    for point in range(POINTS):
        depth = g.channels if is_used(point, rows, columns) else 0
        for panel in range(panel0, panel1 if depth or square == 0 else panel0):
            b = point * g.point + (panel * g.squares + square) * g.channels * g.columns
            for t in range(0, count, g.rows):
                a = (point * block + t) * g.cell
                to = (point * block + t) * g.result + panel * g.columns
                if square == 0:
                    acc = zero(v, g.rows, g.vectors, g.lanes)
                else:
                    acc = load(m, to, g.result, g.rows, g.vectors, g.lanes, g.columns)
                for c in range(depth):
                    acc = fma(acc, v, a + c, g.cell, points, b + c * g.columns, g.columns)
                store(acc, m, to, g.result, g.columns)


@kernel
def _forward(
    g, x, points, bias, y, tiles, down, across, height, width, top, left, outputs_h, outputs_w,
    y_first, y_image, y_row, y_pixel, block, parts, bypass, first, last,
):  # fmt: skip
    """A job is one block of tiles and one part of the panels."""
    v = scratch(POINTS * block * g.cell, x)
    m = scratch(POINTS * block * g.result, x)
    half = scratch(POINTS * g.lanes, x)
    for job in range(first, last):
        first_tile = job // parts * block
        count = min(block, tiles - first_tile)
        panel0, panel1 = share(g.panels, parts, job - job // parts * parts)
        for square in range(g.squares):
            r, s, rows, columns = square_at(g, square)
            transform_inputs(
                g, x, first_tile, count, down, across, r - top, s - left, height, width, 0, g.channels,
                half, v, block * g.cell,
            )  # fmt: skip
            _products(g, v, points, m, block, count, panel0, panel1, square, rows, columns)
        for t in range(count):
            n, i, j = position(first_tile + t, down, across)
            transform_output(
                g, m, t * g.result, block * g.result, panel0 * g.columns,
                min(panel1 * g.columns, g.filters), half, bias, y,
                y_first + n * y_image + i * OUTPUTS * y_row + j * OUTPUTS * y_pixel, y_row, y_pixel,
                min(OUTPUTS, outputs_h - i * OUTPUTS), min(OUTPUTS, outputs_w - j * OUTPUTS), bypass,
            )  # fmt: skip
