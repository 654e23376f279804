"""The forward pass row by row: a tile is some neighbouring pixels of one vector of channels.

The loads of a filter row are shared by the pixels of a tile; rows that are read again come from the caches.
"""

import numpy as np

from fastconv.geometry import Axis

from ...engine.jit import inline, kernel
from ...memory.buffers import streams
from ...simd import fma_rows, positive, stream
from ...window import reached
from ..plan import Packed, Place
from .layout import along_row, layout

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
            self.geometry, x, packed, bias, y, *self.sizes, *self.place, streams(y, self.geometry.filters),
        )  # fmt: skip


def plan(height: Axis, width: Axis, channels: int, place: Place, relu: bool, dtype: np.dtype) -> Rows:
    """Plan a depthwise convolution of so many channels."""
    geometry = layout(height, width, channels, place.pixel, relu, PIXELS, dtype, any_height=True)
    return Rows(geometry, height, width, place)


@inline
def _tile(g, start, rows, x, at, line, s0, s1, packed, c, y, to, count, bypass):
    """Neighbouring pixels of one vector of channels, from the bias; `rows`: of the filter, those inside."""
    acc, step = start, g.stride_w * g.channels_out
    for r in range(*rows):
        for s in range(s0, s1):
            here = at + (r * g.dilation_h * line) + s * g.dilation_w * g.channels_out
            acc = fma_rows(acc, x, here, step, packed, (r * g.taps_w + s) * g.columns + c, count)
    stream(positive(acc) if g.relu else acc, y, to, g.step, count, bypass)


@kernel
def _forward(
    g, x, packed, bias, y, height, width, top, left, outputs_h, outputs_w, y_first, y_image, y_row, y_pixel,
    bypass, first, last,
):  # fmt: skip
    """A job is one row of output pixels."""
    for job in range(first, last):
        n = job // outputs_h
        p = job - n * outputs_h
        row = p * g.stride_h - top
        rows = reached(row, g.taps_h, g.dilation_h, height)
        x_row = (n * height + row) * width * g.channels_out
        to = y_first + n * y_image + p * y_row
        along_row(g, _tile, rows, x, x_row, width, left, packed, bias, y, to, outputs_w, bypass)
