"""The weight gradient of a depthwise convolution.

    dw[c, r, s] = sum over n, p, q of x[n, p * stride + r * dilation - top, ..., c] * dy[n, p, q, c]

The sums of a filter row stay in registers along a row of pixels.
"""

from functools import lru_cache

import numpy as np

from fastconv.geometry import Axis

from ...engine.jit import inline, kernel, share
from ...memory.buffers import empty
from ...simd import fma_rows, load, read, store, write
from ...window import at_edge, interior, reached
from ..plan import Plan
from .layout import layout

PARTS = 16
"""Most parts of the sum over images and rows."""


class DepthwiseWeight(Plan):
    """The weight gradient of any number of images."""

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (C, 1, kH, kW), from flat x and dy."""
        g, rows = self.geometry, images * self.height.outputs
        parts = min(PARTS, rows)
        size = g.taps_h * g.taps_w * g.columns
        sums = empty((parts * size,), x.dtype)
        _sum(parts, 2.0 * images * self.pixels * size, g, x, dy, sums, rows, *self.sizes, parts)
        gradient = empty((g.channels_out, 1, g.taps_h, g.taps_w), x.dtype)
        _add(1, sums.size, g, sums, gradient.ravel(), parts)
        return gradient


@lru_cache(maxsize=1024)
def weight_plan(height: Axis, width: Axis, channels: int, dtype: np.dtype) -> DepthwiseWeight:
    """Plan the weight gradient of a depthwise convolution."""
    return DepthwiseWeight(layout(height, width, channels, channels, False, 1, dtype), height, width)


@inline
def _row_sum(g, x, at, dy, dy_at, sums, to, q0, q1, columns):
    """Add the pixels q0 to q1 of a row to the sums of one filter row."""
    acc = load(sums, to, g.columns, g.taps_w, g.vectors, g.lanes, columns)
    for q in range(q0, q1):
        here = at + q * g.stride_w * g.channels_out
        acc = fma_rows(
            acc, x, here, g.dilation_w * g.channels_out, dy, dy_at + q * g.channels_out, columns
        )  # fmt: skip
    store(acc, sums, to, g.columns, columns)


@kernel
def _sum(
    g, x, dy, sums, rows, height, width, top, left, outputs_h, outputs_w, parts, first, last
):  # fmt: skip
    """A job is one part of the rows of output pixels; sums[part, r, s, c]."""
    line, size, wide = width * g.channels_out, g.taps_h * g.taps_w * g.columns, g.vectors * g.lanes
    q0, q1 = interior(width, g.taps_w, g.stride_w, g.dilation_w, left, outputs_w)
    for part in range(first, last):
        sums[part * size : (part + 1) * size] = 0
        for job in range(*share(rows, parts, part)):
            n = job // outputs_h
            row = (job - n * outputs_h) * g.stride_h - top
            r0, r1 = reached(row, g.taps_h, g.dilation_h, height)
            dy_row = job * outputs_w * g.channels_out
            for r in range(r0, r1):
                x_row = (n * height + row + r * g.dilation_h) * line - left * g.channels_out
                to = part * size + r * g.taps_w * g.columns
                for c in range(0, g.columns, wide):
                    count = min(wide, g.channels_out - c)
                    if count == wide:
                        _row_sum(g, x, x_row + c, dy, dy_row + c, sums, to + c, q0, q1, wide)
                    else:
                        _row_sum(g, x, x_row + c, dy, dy_row + c, sums, to + c, q0, q1, count)
                for edge in range(outputs_w - (q1 - q0)):
                    q, s0, s1 = at_edge(edge, q0, q1, width, g.taps_w, g.stride_w, g.dilation_w, left)
                    for s in range(s0, s1):
                        at = x_row + (q * g.stride_w + s * g.dilation_w) * g.channels_out
                        for c in range(0, g.columns, g.lanes):
                            count, here = min(g.lanes, g.channels_out - c), to + s * g.columns + c
                            product = read(x, at + c, g.lanes, count) * read(
                                dy, dy_row + q * g.channels_out + c, g.lanes, count
                            )
                            write(read(sums, here, g.lanes, g.lanes) + product, sums, here, g.lanes)


@kernel
def _add(g, sums, grad_weight, parts, first, last):
    """The one job adds the parts, in order, and puts them into (C, 1, kH, kW)."""
    taps = g.taps_h * g.taps_w
    for tap in range(taps):
        for part in range(1, parts):
            for c in range(g.columns):
                sums[tap * g.columns + c] += sums[(part * taps + tap) * g.columns + c]
    for c in range(g.channels_out):
        for tap in range(taps):
            grad_weight[c * taps + tap] = sums[tap * g.columns + c]
