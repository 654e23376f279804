"""The forward pass row by row: a tile is some neighbouring pixels of one vector of channels.

The loads of a filter row are shared by the pixels of a tile; rows that are read again come from the caches.
"""

from functools import lru_cache

import numpy as np

from ...chain.finish import finish
from ...chain.stages import Form
from ...engine.jit import inline, kernel
from ...simd import fma_rows, positive, stream
from ...window import reached
from ..plan import Packed, Place
from ..problem import Problem
from .layout import along_row, layout

PIXELS = 8
"""Most pixels of a tile."""


class Rows(Packed):
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
        work = 2.0 * images * self.pixels * self.packed_size
        _forward(images * g.outputs_h, work, g, x, packed, bias, other, y, self.streams(y))


def fits(p: Problem) -> bool:
    """Whether a convolution is depthwise: one channel and one filter in each of many groups."""
    return p.groups > 1 and p.channels == p.filters == 1


@lru_cache(maxsize=1024)
def plan(
    p: Problem, place: Place, relu: bool, vectors: int | None = None, forms: tuple[Form, ...] = ()
) -> Rows:
    """Plan a depthwise convolution."""
    return Rows(layout(p, place, relu, PIXELS, any_height=True, forms=forms))


@inline
def _tile(g, start, rows, x, at, s0, s1, packed, c, y, to, count, bypass):
    """y[q, c] = start[c] + sum over r, s of x[r, q * stride + s * dilation, c] * w[r, s, c]: the microkernel.

    A tile of neighbouring pixels q by one vector of channels, `rows`: the first and last (exclusive) filter
    row that lies inside. The other arguments are those of `compute` in `layout.along_row`. Overwrites y.
    """
    acc, step = start, g.stride_w * g.channels_out
    for r in range(*rows):
        for s in range(s0, s1):
            x_at = at + (r * g.dilation_h * g.width + s * g.dilation_w) * g.channels_out
            acc = fma_rows(acc, x, x_at, step, packed, (r * g.taps_w + s) * g.columns + c, count)
    stream(positive(acc) if g.relu else acc, y, to, g.y_pixel, count, bypass)


@kernel
def _forward(g, x, packed, bias, other, y, bypass, first, last):
    """y[n, p, q, c] = bias[c] + sum over r, s of x[n, p * stride + r * dilation - top, ..., c] * w[r, s, c]

    x (N, H, W, C), packed[r, s, c] with rows of g.columns channels, bias (C,), y where g's `Place` says. Any
    sizes; overwrites y, with max(y, 0) if g.relu, then with its stages. A job is one row of output pixels.
    """
    for job in range(first, last):
        n = job // g.outputs_h
        p = job - n * g.outputs_h
        row = p * g.stride_h - g.top
        rows = reached(row, g.taps_h, g.dilation_h, g.height)
        x_row = (n * g.height + row) * g.width * g.channels_out
        to = g.y_first + n * g.y_image + p * g.y_row
        along_row(g, _tile, rows, x, x_row, packed, bias, y, to, bypass)
        if g.stages:
            finish(g, y, bias, 0, other, to, g.outputs_w, g.channels_out)
