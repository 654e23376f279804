"""The forward pass row by row: a tile is some neighbouring pixels of one vector of channels.

The loads of a filter row are shared by the pixels of a tile; rows that are read again come from the caches.
"""

import numpy as np

from ...buffers import streams
from ...jit import inline, kernel
from ...shape import Axis
from ...simd import fma_rows, positive, spread, stream
from ...window import interior, reached
from ..plan import Packed, Place
from .layout import layout

PIXELS = 8
"""Most pixels of a tile."""


class Rows(Packed):
    """A depthwise convolution of any number of images."""

    def convolve(
        self, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, y: np.ndarray, images: int
    ) -> None:
        """Convolve all images of flat x into flat y."""
        work = 2.0 * images * self.pixels * self.packed_size
        _forward(images * self.height.outputs, work,
            self.geometry, x, packed, bias, y, *self.sizes, *self.place, streams(y, self.place.pixel),
        )  # fmt: skip


def plan(height: Axis, width: Axis, channels: int, place: Place, relu: bool, dtype: np.dtype) -> Rows:
    """Plan a depthwise convolution of so many channels."""
    geometry = layout(height, width, channels, place.pixel, relu, PIXELS, dtype)
    return Rows(geometry, height, width, place)


@inline
def _tile(g, x, at, line, r0, r1, packed, bias, c, y, to, count, past):
    """`rows` pixels of one vector of channels."""
    acc = spread(bias, c, g.rows, 1, g.lanes, count)
    for r in range(r0, r1):
        for s in range(g.taps_w):
            here = at + (r * g.dilation_h * line) + s * g.dilation_w * g.channels_out
            there = (r * g.taps_w + s) * g.columns + c
            acc = fma_rows(acc, x, here, g.stride_w * g.channels_out, packed, there, count)
    stream(positive(acc) if g.relu else acc, y, to, g.step, count, past)


@inline
def _pixel(g, x, at, line, r0, r1, s0, s1, packed, bias, c, y, to, count, past):
    """One pixel of one vector of channels, of the taps that exist."""
    acc = spread(bias, c, 1, 1, g.lanes, count)
    for r in range(r0, r1):
        for s in range(s0, s1):
            here = at + (r * g.dilation_h * line) + s * g.dilation_w * g.channels_out
            acc = fma_rows(acc, x, here, 0, packed, (r * g.taps_w + s) * g.columns + c, count)
    stream(positive(acc) if g.relu else acc, y, to, 0, count, past)


@kernel
def _forward(
    g, x, packed, bias, y, height, width, top, left, outputs_h, outputs_w, y_first, y_image, y_row, y_pixel,
    past, first, last,
):  # fmt: skip
    """A job is one row of output pixels."""
    line = width * g.channels_out
    whole = g.columns == g.channels_out
    q0, q1 = interior(width, g.taps_w, g.stride_w, g.dilation_w, left, outputs_w)
    for job in range(first, last):
        n = job // outputs_h
        p = job - n * outputs_h
        row = p * g.stride_h - top
        r0, r1 = reached(row, g.taps_h, g.dilation_h, height)
        x_row = (n * height + row) * line - left * g.channels_out
        y_row_at = y_first + n * y_image + p * y_row
        for tile in range(q0, q1, g.rows):
            q = min(tile, q1 - g.rows)
            at, to = x_row + q * g.stride_w * g.channels_out, y_row_at + q * g.step
            for c in range(0, g.columns, g.lanes):
                count = g.lanes if whole else min(g.lanes, g.channels_out - c)
                _tile(g, x, at + c, line, r0, r1, packed, bias, c, y, to + c, count, past)
        for edge in range(outputs_w - (q1 - q0)):
            q = edge if edge < q0 else edge + q1 - q0
            s0, s1 = reached(q * g.stride_w - left, g.taps_w, g.dilation_w, width)
            at, to = x_row + q * g.stride_w * g.channels_out, y_row_at + q * g.step
            for c in range(0, g.columns, g.lanes):
                count = g.lanes if whole else min(g.lanes, g.channels_out - c)
                _pixel(g, x, at + c, line, r0, r1, s0, s1, packed, bias, c, y, to + c, count, past)
