"""Pixels taken apart into planes: zeros in the padding, and blocks that cover the rows of an image."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.conv.planes import (
    ROWS,
    block_at,
    input_rows,
    plane_sizes,
    split_gradient,
    split_input,
)
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry

LANES = machine.lanes(np.float32)
CHANNELS, FILTERS = 3, 2


def geometry_of(height, width, padding=0, stride=1, dilation=1):
    shape, filters = (2, CHANNELS, height, width), (FILTERS, CHANNELS, 3, 2)
    p = problem(shape, filters, (stride, 1), padding, (dilation, 1), 1, np.float32, False)
    return Geometry(
        plane_sizes(p, LANES) | {"taps_h": 3, "dilation_h": dilation},
        channels=CHANNELS, filters=FILTERS, lanes=LANES,
    )  # fmt: skip


@njit
def blocks_of(g, block):
    return block_at(g, block)


@pytest.mark.parametrize("outputs", [1, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS + 1])
def test_blocks_cover_the_rows_of_all_images(outputs):
    g = geometry_of(outputs + 2, 5)
    assert g.block_rows <= ROWS
    covered = [
        (n, p)
        for n, first, last in (blocks_of(g, block) for block in range(2 * g.blocks))
        for p in range(first, last)
    ]
    assert covered == [(n, p) for n in range(2) for p in range(outputs)]


def test_rows_have_room_for_whole_tiles():
    """Of a tile's last window, too."""
    g = geometry_of(9, LANES, padding=((0, 0), (1, 2)))
    assert g.outputs_w == LANES + 2
    assert g.dy_pitch == 2 * LANES
    assert g.row_pitch == 2 * LANES + 1


@njit
def planes_of(g, x, planes, n, p0, p1, rows):
    split_input(g, x, planes, n, p0, p1, rows)
    return input_rows(g, p1 - p0)


@pytest.mark.parametrize(
    ("height", "width", "padding", "stride", "dilation"),
    [
        (5, LANES, 0, 1, 1),
        (6, 2 * LANES + 3, ((2, 1), (1, 3)), 2, 1),
        (7, 4, ((4, 6), (5, 0)), 1, 3),
        (9, LANES + 2, ((0, -1), (-2, 1)), 1, 2),
    ],
)
def test_each_channel_has_a_plane(height, width, padding, stride, dilation):
    g = geometry_of(height, width, padding, stride, dilation)
    x = np.random.default_rng(0).standard_normal((2, height, width, CHANNELS)).astype(np.float32)
    p0, p1 = g.outputs_h // 2, g.outputs_h
    rows = (g.outputs_h - 1) * stride + 2 * dilation + 1
    planes = np.full((CHANNELS, rows, g.row_pitch), np.nan, np.float32)
    count = planes_of(g, x.ravel(), planes.ravel(), 1, p0, p1, rows)
    assert count == (p1 - p0 - 1) * stride + 2 * dilation + 1
    expected = np.full_like(planes, np.nan)
    for i, j in np.ndindex(count, g.row_pitch):
        row, column = p0 * stride - g.top + i, j - g.left
        inside = 0 <= row < height and 0 <= column < width
        expected[:, i, j] = x[1, row, column] if inside else 0
    np.testing.assert_array_equal(planes, expected)


@njit
def gradient_planes_of(g, dy, planes, n, p0, p1):
    split_gradient(g, dy, planes, n, p0, p1)


@pytest.mark.parametrize("width", [3, LANES, LANES + 1, 2 * LANES + 5])
def test_each_filter_has_a_plane_that_is_zero_behind_its_rows(width):
    g = geometry_of(8, width + 1)
    dy = np.random.default_rng(0).standard_normal((2, 6, width, FILTERS)).astype(np.float32)
    planes = np.full((FILTERS, g.block_rows, g.dy_pitch), np.nan, np.float32)
    gradient_planes_of(g, dy.ravel(), planes.ravel(), 1, 2, 6)
    expected = np.full_like(planes, np.nan)
    expected[:, :4] = 0
    expected[:, :4, :width] = dy[1, 2:6].transpose(2, 0, 1)
    np.testing.assert_array_equal(planes, expected)
