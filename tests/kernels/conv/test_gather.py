"""Rows gathered from x: padded with zeros, cropped, apart where pixels would share sets of the cache."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.conv.gather import SET_BYTES, gather, gather_chunks, window
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry

LANES = machine.lanes(np.float32)
ALIASED = SET_BYTES // 4
"""Channels of float32 whose pixels share the sets of the cache."""


def sizes_of(channels, padding=0, stride=1, groups=1):
    shape, filters = (2, channels * groups, 7, 9), (groups, channels, 3, 2)
    return window(problem(shape, filters, stride, padding, 1, groups, np.float32, False))


def test_what_is_not_padded_is_read_where_it_lies():
    sizes = sizes_of(12)
    assert (sizes["gathered"], sizes["x_pixel"], sizes["pixel_pitch"]) == (0, 12, 12)
    assert sizes["row_pitch"] == 9 * 12
    assert (sizes["taps_h"], sizes["taps_w"]) == (3, 2)


@pytest.mark.parametrize("padding", [((1, 0), (0, 0)), ((0, 0), (0, 3)), ((0, -1), (0, 0))])
def test_padded_and_cropped_rows_are_gathered_as_far_as_windows_reach(padding):
    sizes = sizes_of(4, padding, stride=(1, 3), groups=3)
    left, right = padding[1]
    reached = (left + 9 + right - 2) // 3 * 3 + 2
    assert (sizes["gathered"], sizes["x_pixel"]) == (1, 12)
    assert sizes["row_pitch"] == reached * 12


def test_pixels_that_share_sets_of_the_cache_are_gathered_apart():
    sizes = sizes_of(ALIASED)
    assert (sizes["gathered"], sizes["x_pixel"]) == (1, ALIASED)
    assert sizes["pixel_pitch"] == ALIASED + LANES
    assert sizes["row_pitch"] == 9 * (ALIASED + LANES)
    assert sizes_of(ALIASED + 1)["gathered"] == 0


@njit
def rows_of(g, x, rows, at, n, first, count):
    gather(g, x, rows, at, n, first, count)


def numbers(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def inside(x, i, j):
    return 0 <= i < x.shape[1] and 0 <= j < x.shape[2]


@pytest.mark.parametrize("apart", [0, 3])
@pytest.mark.parametrize(
    ("left", "span"), [(0, 7), (2, 9), (2, 12), (-3, 4), (-2, 9), (8, 8), (-7, 3), (9, 20)]
)
def test_rows_are_zero_outside_of_x(left, span, apart):
    """Above and below, before and behind; and not an element beside the rows is touched."""
    x, at, first, count = numbers(2, 4, 7, 5), 3, -2, 8
    pitch = x.shape[3] + apart
    g = Geometry(
        {"height": 4, "width": 7, "left": left, "x_pixel": 5, "pixel_pitch": pitch, "row_pitch": span * pitch}
    )
    rows = np.full(at + count * span * pitch + 3, np.nan, np.float32)
    rows_of(g, x.ravel(), rows, at, 1, first, count)
    pixels = rows[at:-3].reshape(count, span, pitch)[..., :5]
    expected = np.zeros_like(pixels)
    for i, j in np.ndindex(count, span):
        if inside(x, first + i, j - left):
            expected[i, j] = x[1, first + i, j - left]
    np.testing.assert_array_equal(pixels, expected)
    assert np.isnan(rows[:at]).all() and np.isnan(rows[-3:]).all()


@njit
def chunks_of(g, x, group, chunks, at, chunk_step, n, first, count):
    gather_chunks(g, x, group, chunks, at, chunk_step, n, first, count)


@pytest.mark.parametrize("steps", [(1, 1), (2, 3)])
@pytest.mark.parametrize("group", [0, 1])
@pytest.mark.parametrize("left", [0, 2, -2])
def test_the_last_chunk_ends_with_the_channels(steps, group, left):
    """Of some rows and pixels; what lies outside of x is left as it was."""
    wide, channels, count, span = LANES - 1, 2 * LANES + 1, 4, 5
    x, at, first = numbers(2, 6, 7, 2 * channels), 2, -steps[0]
    g = Geometry(
        {
            "height": 6, "width": 7, "left": left, "x_pixel": 2 * channels, "channels": channels, "chunks": 3,
            "row_pitch": span * wide, "gather_step_h": steps[0], "gather_step_w": steps[1],
        },
        chunk_vectors=1, lanes=LANES, rows=wide,
    )  # fmt: skip
    chunk_step = count * span * wide + 1
    chunks = np.full(at + 3 * chunk_step, np.nan, np.float32)
    chunks_of(g, x.ravel(), group, chunks, at, chunk_step, 1, first, count)
    expected = np.full_like(chunks, np.nan)
    for chunk, i, j in np.ndindex(3, count, span):
        row, column = first + i * steps[0], j * steps[1] - left
        c = group * channels + min(chunk * wide, channels - wide)
        to = at + chunk * chunk_step + (i * span + j) * wide
        if inside(x, row, column):
            expected[to : to + wide] = x[1, row, column, c : c + wide]
    np.testing.assert_array_equal(chunks, expected)
