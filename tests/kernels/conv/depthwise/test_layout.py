"""The way along a row of pixels: how wide a tile is, and that each output meets the taps that lie inside."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.conv.depthwise.layout import along_row, layout
from fastconv.kernels.conv.plan import Place
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.engine import machine
from fastconv.kernels.engine.jit import inline
from fastconv.kernels.simd import fma_rows, store

LANES = machine.lanes(np.float32)
MOST = 8


def asked(channels=LANES + 3, height=9, width=9, taps=(3, 3), stride=1, padding=1, dilation=1):
    shape, filters = (1, channels, height, width), (channels, 1, *taps)
    return problem(shape, filters, stride, padding, dilation, channels, np.float32, False)


def layout_of(p, any_height=True):
    channels = p.groups
    place = Place(2, p.pixels * channels, p.width.outputs * channels, channels)
    return layout(p, place, False, MOST, any_height)


@pytest.mark.parametrize("inner", [1, 2, 7, 8, 9, 10, 16, 17, 31, 100])
def test_the_inner_pixels_of_a_row_have_even_tiles(inner):
    """Of all tiles that cover them in as few steps as there can be, the smallest."""
    g = layout_of(asked(width=inner + 2))
    steps = -(-inner // MOST)
    assert 1 <= g.rows <= MOST
    assert g.rows * steps >= inner > (g.rows - 1) * steps


def test_a_row_without_inner_pixels_has_tiles_of_one():
    assert layout_of(asked(width=2)).rows == 1


@pytest.mark.parametrize("channels", [1, LANES, LANES + 1, 9 * LANES])
def test_columns_are_whole_vectors_of_channels(channels):
    g = layout_of(asked(channels=channels))
    assert (g.channels_out, g.columns) == (channels, -(-channels // LANES) * LANES)
    assert g.vectors == min(4, g.columns // LANES)


def test_filters_of_any_height_may_share_machine_code():
    problems = [
        asked(taps=(taps, 3), stride=(stride, 1), dilation=(dilation, 1), height=height)
        for taps, stride, dilation, height in [(3, 1, 1, 9), (1, 1, 1, 9), (3, 2, 1, 9), (3, 1, 2, 12)]
    ]
    types = {any_height: {layout_of(p, any_height)._numba_type_ for p in problems} for any_height in (1, 0)}
    assert len(types[1]) == 1
    assert len(types[0]) == 4


@inline
def of_one_row(g, start, rows, x, at, s0, s1, packed, c, y, to, count, bypass):
    """A convolution by filters of one row."""
    acc, step = start, g.stride_w * g.channels_out
    for s in range(s0, s1):
        x_at = at + s * g.dilation_w * g.channels_out
        acc = fma_rows(acc, x, x_at, step, packed, s * g.columns + c, count)
    store(acc, y, to, g.y_pixel, count)


@njit
def row_of(g, x, x_row, packed, bias, y, y_row):
    along_row(g, of_one_row, (0, 1), x, x_row, packed, bias, y, y_row, False)


@pytest.mark.parametrize(
    ("channels", "width", "stride", "padding", "dilation"),
    [
        (LANES + 3, 24, 1, (2, 0), 1),  # the last tile overlaps the one before it
        (LANES, 21, 2, (0, 5), 2),
        (2 * LANES, 4, 3, (7, 6), 3),  # no window lies wholly inside
    ],
)
def test_every_output_is_computed_from_the_taps_that_lie_inside(channels, width, stride, padding, dilation):
    p = asked(
        channels=channels, width=width, stride=(1, stride), padding=(1, padding), dilation=(1, dilation)
    )
    g, rng = layout_of(p), np.random.default_rng(0)
    shapes = (width, channels), (3, channels), channels
    x, w, bias = (rng.integers(-4, 5, shape).astype(np.float32) for shape in shapes)
    packed = np.full((3, g.columns), np.nan, np.float32)
    packed[:, :channels] = w
    memory = np.full((1 + width) * channels, np.nan, np.float32)
    memory[channels:] = x.ravel()
    y = np.full((1 + g.outputs_w + MOST) * channels, np.nan, np.float32)
    row_of(g, memory, channels, packed.ravel(), bias, y, channels)
    expected = np.tile(bias, (g.outputs_w, 1))
    for q, s in np.ndindex(g.outputs_w, 3):
        j = q * stride + s * dilation - padding[0]
        if 0 <= j < width:
            expected[q] += x[j] * w[s]
    pixels = y.reshape(-1, channels)
    np.testing.assert_array_equal(pixels[1:-MOST], expected)
    assert np.isnan(pixels[0]).all() and np.isnan(pixels[-MOST:]).all()
