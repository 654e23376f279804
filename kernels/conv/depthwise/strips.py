"""The forward pass of three filter rows down the image: an input row is read once, for three output rows.

A tile is some neighbouring pixels of one vector of channels. Three of them are open at a time: the input row
meets the last filter row in the first of them, the middle row in the next, and the first row in the third.
"""

from functools import lru_cache

import numpy as np

from ...chain.finish import finish
from ...chain.stages import Form
from ...engine import machine
from ...engine.jit import get_num_threads, inline, kernel
from ...simd import fma_rows, positive, stream
from ..plan import Packed, Place
from ..problem import Problem
from . import rows
from .layout import along_row, layout

ROWS = 16
"""Most rows of a strip."""
LEAST = 4
"""Least rows of a strip where they are cut shorter to occupy all threads: each reads two input rows more."""
VECTORS = 8
"""Vectors of channels from which a pixel is so long that the CPU prefetches too little of a row."""
WIDEST, NARROW = 32, 16
"""Most outputs of a row of so long pixels, and of shorter ones: wide images wait for memory, which `rows.py`
reads in its order."""


class Strips(Packed):
    """A depthwise convolution of any number of images."""

    def convolve(
        self,
        x: np.ndarray,
        packed: np.ndarray,
        bias: np.ndarray,
        y: np.ndarray,
        images: int,
        other: np.ndarray,
    ) -> None:
        """Convolve all images of flat x into flat y."""
        g = self.geometry
        outputs = g.outputs_h
        blocks = max(-(-outputs // ROWS), min(-(-outputs // LEAST), -(-2 * get_num_threads() // images)))
        rows = -(-outputs // blocks)
        blocks = -(-outputs // rows)
        work = 2.0 * images * self.pixels * self.packed_size
        _forward(images * blocks, work, g, x, packed, bias, other, y, blocks, rows, self.streams(y))


def fits(p: Problem) -> bool:
    """Whether the strips can compute it, and are faster than rows."""
    three = (p.height.taps, p.height.stride, p.height.dilation) == (3, 1, 1)
    widest = WIDEST if p.groups >= VECTORS * machine.lanes(p.dtype) else NARROW
    return rows.fits(p) and three and p.width.outputs <= widest


@lru_cache(maxsize=1024)
def plan(
    p: Problem, place: Place, relu: bool, vectors: int | None = None, forms: tuple[Form, ...] = ()
) -> Strips:
    """Plan a depthwise convolution that `fits`."""
    pixels = (machine.vectors().registers - 6) // 4  # three open tiles, and a row of inputs with two beyond
    return Strips(layout(p, place, relu, pixels, forms=forms))


@inline
def _strip(g, start, rows, x, at, s0, s1, packed, c, y, to, count, bypass):
    """y[p, q, c] = start[c] + sum over r < 3, s of x[p + r, q * stride + s * dilation, c] * w[r, s, c]

    The microkernel: tiles one below the other, each of neighbouring pixels q by one vector of channels.
    `rows`: the first and last (exclusive) input row to read; x[at] is input row 0, rows outside of x are left
    out. The other arguments are those of `compute` in `layout.along_row`. Overwrites y.
    """
    i0, i1 = rows
    last, middle, first = start, start, start
    step, row = g.stride_w * g.channels_out, g.taps_w * g.columns
    for i in range(i0, i1):
        if 0 <= i < g.height:
            for s in range(s0, s1):
                x_at = at + (i * g.width + s * g.dilation_w) * g.channels_out
                tap = s * g.columns + c
                last = fma_rows(last, x, x_at, step, packed, tap + 2 * row, count)
                middle = fma_rows(middle, x, x_at, step, packed, tap + row, count)
                first = fma_rows(first, x, x_at, step, packed, tap, count)
        if i >= i0 + 2:
            stream(positive(last) if g.relu else last, y, to, g.y_pixel, count, bypass)
            to += g.y_row
        last, middle, first = middle, first, start


@kernel
def _forward(g, x, packed, bias, other, y, blocks, block_rows, bypass, first, last):
    """y[n, p, q, c] = bias[c] + sum over r < 3, s of x[n, p + r - top, ..., c] * w[r, s, c]

    x (N, H, W, C), packed[r, s, c] with rows of g.columns channels, bias (C,), y where g's `Place` says.
    Three filter rows, stride and dilation 1 down the image, any other sizes. Overwrites y, with max(y, 0) if
    g.relu, then with its stages. A job is block_rows output rows of one image, one of its `blocks`, which
    `convolve` cuts.
    """
    for job in range(first, last):
        n = job // blocks
        p0 = (job - n * blocks) * block_rows
        rows = p0 - g.top, min(p0 + block_rows, g.outputs_h) - g.top + 2
        x_image, to = n * g.height * g.width * g.channels_out, g.y_first + n * g.y_image + p0 * g.y_row
        along_row(g, _strip, rows, x, x_image, packed, bias, y, to, bypass)
        if g.stages:
            for row in range(rows[1] - rows[0] - 2):
                finish(g, y, bias, 0, other, to + row * g.y_row, g.outputs_w, g.channels_out)
