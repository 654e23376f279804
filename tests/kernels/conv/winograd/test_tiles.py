"""The transforms of tiles in memory, against products with B, G and A: at every border, and no farther."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.conv.plan import Place
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.conv.winograd import tiles, transform
from fastconv.kernels.conv.winograd.transform import OUTPUTS, POINTS, SIDE, TAPS
from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry

LANES = machine.lanes(np.float64)
WIDE = 2 * LANES
"""Channels and filters."""
IMAGES = {
    # which borders tiles cross: height, width, padding
    "none": ((10, 14), 0),
    "above and left": ((7, 9), ((2, 0), (1, 0))),
    "below and right": ((6, 3), ((0, 2), (0, 3))),
    "all": ((1, 2), ((3, 5), (4, 3))),
}


def matrix(function, size):
    """The matrix of a transform of vectors: B^T, G or A^T."""
    return np.array([function.py_func(*row) for row in np.eye(size)]).T


B_T, A_T = matrix(transform.input_points, SIDE), matrix(transform.outputs_of, SIDE)
FILTER_G, GRADIENT_G = matrix(transform.filter_points, TAPS), matrix(transform.gradient_points, OUTPUTS)
TAPS_T = matrix(transform.taps_of, SIDE)


def both_ways(m, tile):
    """m tile m^T of the first two axes."""
    return np.einsum("ai,bj,ijc->abc", m, m, tile).reshape(-1, tile.shape[2])


def geometry_of(edges, relu=0):
    """Of two images; the outputs lie apart, and not at the start."""
    size, padding = IMAGES[edges]
    p = problem((2, WIDE, *size), (WIDE, WIDE, TAPS, TAPS), 1, padding, 1, 1, np.float64, True)
    pixel = WIDE + 1
    row = p.width.outputs * pixel + 3
    sizes = tiles.tile_sizes(p, Place(5, p.height.outputs * row, row, pixel))
    sizes |= {"channels": WIDE, "filters": WIDE, "v_pitch": WIDE + 1, "relu": relu}
    return Geometry(sizes, lanes=LANES)


def numbers(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def scratch():
    return np.full(POINTS * LANES, np.nan)


def close(result, expected):
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


def window(images, n, i, j, rows, columns):
    """A part of an image, zero outside of it."""
    part = np.zeros((rows, columns, images.shape[3]))
    for r, s in np.ndindex(rows, columns):
        if 0 <= i + r < images.shape[1] and 0 <= j + s < images.shape[2]:
            part[r, s] = images[n, i + r, j + s]
    return part


@njit
def inputs_to(g, x, first, count, r, s, c0, c1, half, v, step):
    tiles.transform_inputs(g, x, first, count, r, s, c0, c1, half, v, step)


@pytest.mark.parametrize("edges", IMAGES)
@pytest.mark.parametrize("tap", [(0, 0), (3, 6)])
def test_inputs_of_every_tile(edges, tap):
    """All but the first, those of the last vector of channels."""
    g = geometry_of(edges)
    x, count = numbers(2, g.height, g.width, WIDE), 2 * g.tiles_h * g.tiles_w - 1
    step = count * g.v_pitch + 2
    v = np.full(POINTS * step, np.nan)
    inputs_to(g, x.ravel(), 1, count, *tap, LANES, WIDE, scratch(), v, step)
    found = v.reshape(POINTS, step)[:, :-2].reshape(POINTS, count, g.v_pitch)
    for t in range(count):
        n, down, across = np.unravel_index(1 + t, (2, g.tiles_h, g.tiles_w))
        row, column = OUTPUTS * down + tap[0] - g.top, OUTPUTS * across + tap[1] - g.left
        tile = window(x, n, row, column, SIDE, SIDE)
        close(found[:, t, :LANES], both_ways(B_T, tile)[:, LANES:])
    assert np.isnan(found[..., LANES:]).all()


@njit
def gradient_to(g, dy, tile, k0, k1, half, d, to, step):
    tiles.transform_gradient(g, dy, tile, k0, k1, half, d, to, step)


@pytest.mark.parametrize("edges", IMAGES)
def test_output_gradients_of_every_tile(edges):
    g = geometry_of(edges)
    dy, step = numbers(2, g.outputs_h, g.outputs_w, WIDE), WIDE + 1
    for tile, (n, down, across) in enumerate(np.ndindex(2, g.tiles_h, g.tiles_w)):
        d = np.full(POINTS * step, np.nan)
        gradient_to(g, dy.ravel(), tile, 0, WIDE, scratch(), d, 0, step)
        part = window(dy, n, OUTPUTS * down, OUTPUTS * across, OUTPUTS, OUTPUTS)
        close(d.reshape(POINTS, step)[:, :WIDE], both_ways(GRADIENT_G, part))


@njit
def filter_to(g, w, at, w_row, w_tap, rows, columns, u, to, step):
    tiles.transform_filter(g, w, at, w_row, w_tap, rows, columns, u, to, step)


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("flip", [False, True])
def test_taps_that_a_square_lacks_are_zero(rows, columns, flip):
    """What lies where they would be is not read; flipped filters are read backwards."""
    taps = np.full((TAPS, TAPS, LANES), np.nan)
    taps[:rows, :columns] = numbers(rows, columns, LANES)
    w_row, w_tap, at = (-TAPS * LANES, -LANES, 8 * LANES) if flip else (TAPS * LANES, LANES, 0)
    w, u = (taps[::-1, ::-1] if flip else taps).ravel(), np.full(POINTS * (LANES + 1), np.nan)
    filter_to(geometry_of("none"), w, at, w_row, w_tap, rows, columns, u, 0, LANES + 1)
    expected = both_ways(FILTER_G, np.nan_to_num(taps))
    close(u.reshape(POINTS, LANES + 1)[:, :LANES], expected)
    used = [transform.is_used.py_func(point, rows, columns) for point in range(POINTS)]
    assert np.array_equal(expected.any(axis=1), used)


@njit
def output_to(g, m, at, step, k0, k1, half, bias, y, tile):
    tiles.transform_output(g, m, at, step, k0, k1, half, bias, bias, y, tile, False)


@pytest.mark.parametrize("relu", [0, 1])
@pytest.mark.parametrize("edges", IMAGES)
def test_only_outputs_that_exist_are_stored(edges, relu):
    g = geometry_of(edges, relu)
    products, bias, step = numbers(2 * g.tiles_h * g.tiles_w, POINTS, WIDE), numbers(WIDE), WIDE + 1
    y = np.full(g.y_first + 2 * g.y_image, np.nan)
    expected = y.copy()
    for tile, (n, down, across) in enumerate(np.ndindex(2, g.tiles_h, g.tiles_w)):
        m = np.full((POINTS, step), np.nan)
        m[:, :WIDE] = products[tile]
        output_to(g, m.ravel(), 0, step, 0, WIDE, scratch(), bias, y, tile)
        outputs = both_ways(A_T, products[tile].reshape(SIDE, SIDE, WIDE)) + bias
        for i, o in enumerate(np.maximum(outputs, 0) if relu else outputs):
            p, q = OUTPUTS * down + i // OUTPUTS, OUTPUTS * across + i % OUTPUTS
            if p < g.outputs_h and q < g.outputs_w:
                at = g.y_first + n * g.y_image + p * g.y_row + q * g.y_pixel
                expected[at : at + WIDE] = o
    close(y, expected)


@njit
def sums_to(g, sums, at, step, parts, part_step, half, taps, to, taps_w, rows, columns):
    tiles.transform_sums(g, sums, at, step, parts, part_step, half, taps, to, taps_w, rows, columns)


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize(("rows", "columns"), [(3, 3), (1, 3), (2, 1), (3, 2)])
def test_sums_become_the_taps_of_a_square(rows, columns, parts):
    """Inside of a filter that is 5 taps wide, whose other taps are left alone."""
    sums, step = numbers(parts, POINTS, LANES + 1), LANES + 1
    taps = np.full((TAPS, 5, LANES), np.nan)
    g = geometry_of("none")
    sums_to(g, sums.ravel(), 0, step, parts, POINTS * step, scratch(), taps.ravel(), LANES, 5, rows, columns)
    whole = both_ways(TAPS_T, sums.sum(axis=0)[:, :LANES].reshape(SIDE, SIDE, LANES))
    expected = np.full_like(taps, np.nan)
    expected[:rows, 1 : 1 + columns] = whole.reshape(TAPS, TAPS, LANES)[:rows, :columns]
    close(taps, expected)
