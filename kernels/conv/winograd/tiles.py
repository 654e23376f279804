"""The two-dimensional transforms of tiles: from images, filters and sums in memory to points, and back.

A tile is transformed along one axis, then along the other. Between the two lies `half`, the half-transformed
tile: scratch memory of one vector of channels or filters for each of its SIDE x SIDE elements at most. `step`
is always the distance from one point of a tile to the next.
"""

from ...chain.finish import staged
from ...engine.jit import inline
from ...simd import pour, read, select, write
from ..plan import Place, run_time_sizes
from ..problem import Problem
from .transform import (
    OUTPUTS,
    SIDE,
    filter_points,
    gradient_points,
    input_points,
    outputs_of,
    read_six,
    taps_of,
    tiles_of,
    write_six,
)

TRANSFORM = 10
"""Cycles in which one tile's element goes through all points (measured; twice as many from beyond the L2)."""


def tile_sizes(p: Problem, place: Place | None = None) -> dict[str, int]:
    """The run-time sizes of a convolution, and how many tiles an image has: `tiles_h` x `tiles_w`."""
    tiles_h, tiles_w = tiles_of(p.height, p.width)
    return run_time_sizes(p, place) | {"tiles_h": tiles_h, "tiles_w": tiles_w}


@inline
def position(g, tile):
    """Image of a tile, and its row and column of tiles."""
    n = tile // (g.tiles_h * g.tiles_w)
    i = (tile - n * g.tiles_h * g.tiles_w) // g.tiles_w
    return n, i, tile - (n * g.tiles_h + i) * g.tiles_w


@inline
def _read_taps(g, w, at, step, rows, exists):
    """Three taps of a vector of filters, those beyond `rows` zero, or all if the column does not exist."""
    return (
        read(w, at, g.lanes, g.lanes if exists else 0),
        read(w, at + step, g.lanes, g.lanes if exists and rows > 1 else 0),
        read(w, at + 2 * step, g.lanes, g.lanes if exists and rows > 2 else 0),
    )


@inline
def transform_filter(g, w, at, w_row, w_tap, rows, columns, u, to, step):
    """u[to + point * step + k] = G w G^T of `rows` x `columns` taps of a vector of filters k.

    The tap (r, s) is w[at + r * w_row + s * w_tap + k]; taps beyond `rows` and `columns` are zero.
    """
    a0, a1, a2, a3, a4, a5 = filter_points(*_read_taps(g, w, at, w_row, rows, True))
    b0, b1, b2, b3, b4, b5 = filter_points(*_read_taps(g, w, at + w_tap, w_row, rows, columns > 1))
    c0, c1, c2, c3, c4, c5 = filter_points(*_read_taps(g, w, at + 2 * w_tap, w_row, rows, columns > 2))
    write_six(filter_points(a0, b0, c0), u, to, step, g.lanes)
    write_six(filter_points(a1, b1, c1), u, to + SIDE * step, step, g.lanes)
    write_six(filter_points(a2, b2, c2), u, to + 2 * SIDE * step, step, g.lanes)
    write_six(filter_points(a3, b3, c3), u, to + 3 * SIDE * step, step, g.lanes)
    write_six(filter_points(a4, b4, c4), u, to + 4 * SIDE * step, step, g.lanes)
    write_six(filter_points(a5, b5, c5), u, to + 5 * SIDE * step, step, g.lanes)


@inline
def _read_inputs(g, x, at, step, first, last, count):
    """Six vectors, `step` apart: of those from `first` to `last` (exclusive) `count` elements, else zero."""
    return (
        read(x, at, g.lanes, count if first <= 0 < last else 0),
        read(x, at + step, g.lanes, count if first <= 1 < last else 0),
        read(x, at + 2 * step, g.lanes, count if first <= 2 < last else 0),
        read(x, at + 3 * step, g.lanes, count if first <= 3 < last else 0),
        read(x, at + 4 * step, g.lanes, count if first <= 4 < last else 0),
        read(x, at + 5 * step, g.lanes, count if first <= 5 < last else 0),
    )


@inline
def _transform_input(g, x, tile, r, s, c0, c1, half, v, to, step):
    """v[to + point * step + c - c0] = B^T x B of the 6x6 inputs that tap (r, s) of a tile's outputs meets."""
    n, down, across = position(g, tile)
    row, column = down * OUTPUTS + r - g.top, across * OUTPUTS + s - g.left
    first, last = max(0, -row), min(SIDE, g.height - row)
    inside = first == 0 and last == SIDE and column >= 0 and column + SIDE <= g.width
    x_row = g.width * g.channels
    at = (n * g.height + row) * x_row + column * g.channels
    for c in range(c0, c1, g.lanes):
        for j in range(SIDE):
            x_at = at + j * g.channels + c
            if inside:
                six = read_six(x, x_at, x_row, g.lanes)
            else:
                count = g.lanes if 0 <= column + j < g.width else 0
                six = _read_inputs(g, x, x_at, x_row, first, last, count)
            write_six(input_points(*six), half, j * g.lanes, SIDE * g.lanes, g.lanes)
        for i in range(SIDE):
            six = read_six(half, i * SIDE * g.lanes, g.lanes, g.lanes)
            write_six(input_points(*six), v, to + i * SIDE * step + c - c0, step, g.lanes)


@inline
def transform_inputs(g, x, first, count, r, s, c0, c1, half, v, step):
    """v[t * v_pitch + point * step + c - c0] = B^T x B of `count` tiles from `first`, zero outside of x.

    A tile's inputs are the 6x6 that tap (r, s) of its outputs meets first; c0 to c1 are whole vectors.
    """
    for t in range(count):
        _transform_input(g, x, first + t, r, s, c0, c1, half, v, t * g.v_pitch, step)


@inline
def _put_outputs(g, outputs, lines, k, other, y, at, bypass):
    """Outputs of neighbouring filters from k on, with max(y, 0) if g.relu, then with the stages."""
    v = staged(g, select(outputs < 0, 0, outputs) if g.relu else outputs, lines, k, other, at, g.lanes)
    pour(v, y, at, g.lanes, bypass)


@inline
def transform_output(g, m, at, step, k0, k1, half, bias, other, y, tile, bypass):
    """y[n, p, q, k] = A^T m A + bias[k] of the outputs (p, q) of a tile that exist, k0 <= k < k1.

    m[at + point * step + k] are its products; y is where g's `Place` says, after the stages.
    """
    n, down, across = position(g, tile)
    p, q = down * OUTPUTS, across * OUTPUTS
    to = g.y_first + n * g.y_image + p * g.y_row + q * g.y_pixel
    rows, columns = min(OUTPUTS, g.outputs_h - p), min(OUTPUTS, g.outputs_w - q)
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
            y_at = to + i * g.y_row + k
            _put_outputs(g, o0 + start, bias, k, other, y, y_at, bypass)
            if columns > 1:
                _put_outputs(g, o1 + start, bias, k, other, y, y_at + g.y_pixel, bypass)
            if columns > 2:
                _put_outputs(g, o2 + start, bias, k, other, y, y_at + 2 * g.y_pixel, bypass)
            if columns > 3:
                _put_outputs(g, o3 + start, bias, k, other, y, y_at + 3 * g.y_pixel, bypass)


@inline
def _read_gradient(g, dy, at, step, rows, count):
    """Four vectors, `step` apart, of the first `rows` of them `count` elements, else zero."""
    return (
        read(dy, at, g.lanes, count),
        read(dy, at + step, g.lanes, count if rows > 1 else 0),
        read(dy, at + 2 * step, g.lanes, count if rows > 2 else 0),
        read(dy, at + 3 * step, g.lanes, count if rows > 3 else 0),
    )


@inline
def transform_gradient(g, dy, tile, k0, k1, half, d, to, step):
    """d[to + point * step + k] = G dy G^T of a tile's 4x4 output gradients, k0 <= k < k1; zero outside."""
    n, down, across = position(g, tile)
    p, q = down * OUTPUTS, across * OUTPUTS
    at = ((n * g.outputs_h + p) * g.outputs_w + q) * g.filters
    rows, columns = g.outputs_h - p, g.outputs_w - q
    dy_row = g.outputs_w * g.filters
    for k in range(k0, k1, g.lanes):
        for j in range(OUTPUTS):
            count = g.lanes if j < columns else 0
            four = _read_gradient(g, dy, at + j * g.filters + k, dy_row, rows, count)
            write_six(gradient_points(*four), half, j * g.lanes, OUTPUTS * g.lanes, g.lanes)
        for i in range(SIDE):
            four = _read_gradient(g, half, i * OUTPUTS * g.lanes, g.lanes, OUTPUTS, g.lanes)
            write_six(gradient_points(*four), d, to + i * SIDE * step + k, step, g.lanes)


@inline
def _read_sums(g, sums, at, step, parts, part_step):
    """Six vectors, `step` apart, each the sum of its parts, in order."""
    m0, m1, m2, m3, m4, m5 = read_six(sums, at, step, g.lanes)
    for part in range(1, parts):
        p0, p1, p2, p3, p4, p5 = read_six(sums, at + part * part_step, step, g.lanes)
        m0, m1, m2, m3, m4, m5 = m0 + p0, m1 + p1, m2 + p2, m3 + p3, m4 + p4, m5 + p5
    return m0, m1, m2, m3, m4, m5


@inline
def transform_sums(g, sums, at, step, parts, part_step, half, taps, to, taps_w, rows, columns):
    """taps[to + (r * taps_w + s) * lanes + k] = A^T m A of a vector of filters k, r < rows, s < columns.

    m is the sum of the parts: sums[at + part * part_step + point * step + k].
    """
    for j in range(SIDE):
        t0, t1, t2 = taps_of(*_read_sums(g, sums, at + j * step, SIDE * step, parts, part_step))
        write(t0, half, j * g.lanes, g.lanes)
        write(t1, half, (SIDE + j) * g.lanes, g.lanes)
        write(t2, half, (2 * SIDE + j) * g.lanes, g.lanes)
    for r in range(rows):
        t0, t1, t2 = taps_of(*read_six(half, r * SIDE * g.lanes, g.lanes, g.lanes))
        row_at = to + r * taps_w * g.lanes
        write(t0, taps, row_at, g.lanes)
        if columns > 1:
            write(t1, taps, row_at + g.lanes, g.lanes)
        if columns > 2:
            write(t2, taps, row_at + 2 * g.lanes, g.lanes)
