"""The weight gradient of a depthwise convolution.

    dw[c, r, s] = sum over n, p, q of x[n, p * stride + r * dilation - top, ..., c] * dy[n, p, q, c]

The sums of a filter row stay in registers along a row of pixels.
"""

from functools import lru_cache

import numpy as np

from ...engine.jit import inline, kernel, share
from ...memory.buffers import empty
from ...simd import fma_rows, load, read, store, write
from ...window import at_edge, interior, reached
from ..plan import Plan
from ..problem import Problem
from .layout import layout

PARTS = 16
"""Most parts of the sum over images and rows."""


class DepthwiseWeight(Plan):
    """The weight gradient of any number of images."""

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (C, 1, kH, kW), from flat x and dy."""
        g, rows = self.geometry, images * self.geometry.outputs_h
        parts = min(PARTS, rows)
        size = g.taps_h * g.taps_w * g.columns
        sums = empty((parts * size,), x.dtype)
        _sum(parts, 2.0 * images * self.pixels * size, g, x, dy, sums, rows, parts)
        gradient = empty((g.channels_out, 1, g.taps_h, g.taps_w), x.dtype)
        _add(1, sums.size, g, sums, gradient.ravel(), parts)
        return gradient


@lru_cache(maxsize=1024)
def plan(p: Problem) -> DepthwiseWeight:
    """Plan the weight gradient of a depthwise convolution."""
    return DepthwiseWeight(layout(p, None, False, 1))


@inline
def _row_sum(g, x, at, dy, dy_at, sums, to, q0, q1, columns):
    """sums[s, c] += sum over q0 <= q < q1 of x[q * stride + s * dilation, c] * dy[q, c]: the microkernel.

    A tile of all taps s of a filter row by `columns` channels, in registers for a row of pixels. x[at],
    dy[dy_at] and sums[to] are their first elements, rows of sums g.columns apart.
    """
    acc = load(sums, to, g.columns, g.taps_w, g.vectors, g.lanes, columns)
    for q in range(q0, q1):
        x_at, dy_q = at + q * g.stride_w * g.channels_out, dy_at + q * g.channels_out
        acc = fma_rows(acc, x, x_at, g.dilation_w * g.channels_out, dy, dy_q, columns)
    store(acc, sums, to, g.columns, columns)


@kernel
def _sum(g, x, dy, sums, rows, parts, first, last):
    """sums[part, r, s, c] = sum over the part's n, p and all q of x[n, ..., c] * dy[n, p, q, c]

    x (N, H, W, C), dy (N, P, Q, C); any sizes. Overwrites sums, whose rows are g.columns apart: a part is
    cleared first, then its rows are added in order. A job is one of `parts` of the `rows` of output pixels of
    all images; their number depends on shape alone.
    """
    size, wide = g.taps_h * g.taps_w * g.columns, g.vectors * g.lanes
    q0, q1 = interior(g.width, g.taps_w, g.stride_w, g.dilation_w, g.left, g.outputs_w)
    for part in range(first, last):
        sums[part * size : (part + 1) * size] = 0
        for job in range(*share(rows, parts, part)):
            n = job // g.outputs_h
            row = (job - n * g.outputs_h) * g.stride_h - g.top
            r0, r1 = reached(row, g.taps_h, g.dilation_h, g.height)
            dy_row = job * g.outputs_w * g.channels_out
            for r in range(r0, r1):
                x_row = ((n * g.height + row + r * g.dilation_h) * g.width - g.left) * g.channels_out
                to = part * size + r * g.taps_w * g.columns
                for c in range(0, g.columns, wide):
                    count = min(wide, g.channels_out - c)
                    if count == wide:
                        _row_sum(g, x, x_row + c, dy, dy_row + c, sums, to + c, q0, q1, wide)
                    else:
                        _row_sum(g, x, x_row + c, dy, dy_row + c, sums, to + c, q0, q1, count)
                for edge in range(g.outputs_w - (q1 - q0)):
                    q, s0, s1 = at_edge(edge, q0, q1, g.width, g.taps_w, g.stride_w, g.dilation_w, g.left)
                    for s in range(s0, s1):
                        x_at = x_row + (q * g.stride_w + s * g.dilation_w) * g.channels_out
                        for c in range(0, g.columns, g.lanes):
                            count, sum_at = min(g.lanes, g.channels_out - c), to + s * g.columns + c
                            pixel = read(x, x_at + c, g.lanes, count)
                            product = pixel * read(dy, dy_row + q * g.channels_out + c, g.lanes, count)
                            write(read(sums, sum_at, g.lanes, g.lanes) + product, sums, sum_at, g.lanes)


@kernel
def _add(g, sums, grad_weight, parts, first, last):
    """dw[c, tap] = sum over the parts, in order, of sums[part, tap, c]

    Adds to part 0 of sums, then overwrites grad_weight (C, 1, kH, kW). There is one job.
    """
    taps = g.taps_h * g.taps_w
    for tap in range(taps):
        for part in range(1, parts):
            for c in range(g.columns):
                sums[tap * g.columns + c] += sums[(part * taps + tap) * g.columns + c]
    for c in range(g.channels_out):
        for tap in range(taps):
            grad_weight[c * taps + tap] = sums[tap * g.columns + c]
