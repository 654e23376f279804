"""The forward pass of three filter rows down the image: an input row is read once, for three output rows.

A tile is some neighbouring pixels of one vector of channels. Three of them are open at a time: the input row
meets the last filter row in one, the middle one in the next, the first one in the third.
"""

import numpy as np

from fastconv.geometry import Axis

from ...engine import machine
from ...engine.jit import get_num_threads, inline, kernel
from ...memory.buffers import streams
from ...simd import fma_rows, positive, stream
from ..plan import Packed, Place
from .layout import along_row, layout

ROWS = 16
"""Most rows of a strip."""
LEAST = 4
"""Rows of a strip from which the two input rows beyond its own are worth a second thread."""
VECTORS = 8
"""Vectors of channels from which a pixel is so long that the caches do not foresee what a row reads next."""
WIDEST = 32
"""Outputs of a row up to which this pays: wide images wait for memory, which rows read in its order."""


class Strips(Packed):
    """A depthwise convolution of any number of images."""

    def convolve(
        self, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, y: np.ndarray, images: int
    ) -> None:
        """Convolve all images of flat x into flat y."""
        outputs = self.height.outputs
        blocks = max(-(-outputs // ROWS), min(-(-outputs // LEAST), -(-2 * get_num_threads() // images)))
        rows = -(-outputs // blocks)
        blocks = -(-outputs // rows)
        work = 2.0 * images * self.pixels * self.packed_size
        _forward(images * blocks, work,
            self.geometry, x, packed, bias, y, *self.sizes, *self.place, blocks, rows,
            streams(y, self.geometry.filters),
        )  # fmt: skip


def fits(height: Axis, width: Axis, channels: int, dtype: np.dtype) -> bool:
    """Whether the strips can compute it, and are faster than rows."""
    three = (height.taps, height.stride, height.dilation) == (3, 1, 1)
    return three and width.outputs <= WIDEST and channels >= VECTORS * machine.lanes(dtype)


def plan(height: Axis, width: Axis, channels: int, place: Place, relu: bool, dtype: np.dtype) -> Strips:
    """Plan a depthwise convolution that `fits`."""
    pixels = (machine.vectors().registers - 6) // 4  # three open tiles, and a row of inputs with two beyond
    return Strips(layout(height, width, channels, place.pixel, relu, pixels, dtype), height, width, place)


@inline
def _strip(g, start, rows, x, at, line, s0, s1, packed, c, y, to, count, bypass):
    """Tiles one below the other, each from the bias; input row 0 is at `at`.

    `rows`: the first and last (exclusive) input row to read, how many exist, the step between rows of y.
    """
    i0, i1, height, y_row = rows
    last, middle, first = start, start, start
    step, row = g.stride_w * g.channels_out, g.taps_w * g.columns
    for i in range(i0, i1):
        if 0 <= i < height:
            for s in range(s0, s1):
                here, tap = at + i * line + s * g.dilation_w * g.channels_out, s * g.columns + c
                last = fma_rows(last, x, here, step, packed, tap + 2 * row, count)
                middle = fma_rows(middle, x, here, step, packed, tap + row, count)
                first = fma_rows(first, x, here, step, packed, tap, count)
        if i >= i0 + 2:
            stream(positive(last) if g.relu else last, y, to, g.step, count, bypass)
            to += y_row
        last, middle, first = middle, first, start


@kernel
def _forward(
    g, x, packed, bias, y, height, width, top, left, outputs_h, outputs_w, y_first, y_image, y_row, y_pixel,
    blocks, block_rows, bypass, first, last,
):  # fmt: skip
    """A job is one block of rows of one image."""
    for job in range(first, last):
        n = job // blocks
        p0 = (job - n * blocks) * block_rows
        rows = p0 - top, min(p0 + block_rows, outputs_h) - top + 2, height, y_row
        x_image, to = n * height * width * g.channels_out, y_first + n * y_image + p0 * y_row
        along_row(g, _strip, rows, x, x_image, width, left, packed, bias, y, to, outputs_w, bypass)
