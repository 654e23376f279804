"""Depthwise convolution: each channel has one filter of its own, and the lanes run over the channels.

    y[n, p, q, c] = bias[c] + sum over r, s of x[n, p * stride + r * dilation - top, ..., c] * w[r, s, c]

A tile is `rows` neighbouring pixels of one vector of channels; a filter row's loads are shared by the pixels.
Nothing is padded: what lies outside of the image is left out of the sum, and pixels whose window leaves it at
the left or right are computed one by one.
"""

from functools import lru_cache

import numpy as np

from .. import machine
from ..buffers import empty, streams
from ..geometry import Geometry
from ..jit import inline, kernel, share
from ..shape import Axis
from ..simd import fma_rows, load, positive, read, spread, store, stream, write
from ..window import interior, reached
from .plan import Packed, Place, Plan

PARTS = 16
"""Most parts of the weight gradient's sum over images and rows."""
PIXELS = 8
"""Most pixels of a tile."""


class Depthwise(Packed):
    """A depthwise convolution of any number of images."""

    def convolve(
        self, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, y: np.ndarray, images: int
    ) -> None:
        """Convolve all images of flat x into flat y."""
        work = 2.0 * images * self.pixels * self.packed_size
        _forward(images * self.height.outputs, work,
            self.geometry, x, packed, bias, y, *self.sizes, *self.place, streams(y, self.place.pixel),
        )  # fmt: skip


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


def fits(channels: int, filters: int, groups: int) -> bool:
    """Whether a convolution of `channels` to `filters`, both of one group, is depthwise."""
    return groups > 1 and channels == filters == 1


@lru_cache(maxsize=1024)
def plan(height: Axis, width: Axis, channels: int, place: Place, relu: bool, dtype: np.dtype) -> Depthwise:
    """Plan a depthwise convolution of so many channels."""
    geometry = _geometry(height, width, channels, place.pixel, relu, dtype)
    return Depthwise(geometry, height, width, place)


@lru_cache(maxsize=1024)
def weight_plan(height: Axis, width: Axis, channels: int, dtype: np.dtype) -> DepthwiseWeight:
    """Plan the weight gradient of a depthwise convolution."""
    return DepthwiseWeight(_geometry(height, width, channels, channels, False, dtype), height, width)


def _geometry(height: Axis, width: Axis, channels: int, step: int, relu: bool, dtype: np.dtype) -> Geometry:
    lanes = machine.lanes(dtype)
    vectors = -(-channels // lanes)
    q0, q1 = interior.py_func(width.size, *width[1:5], width.outputs)
    return Geometry(
        {"relu": int(relu)}, channels=1, blocks=1, panels=1, filters=channels, columns=vectors * lanes,
        channels_out=channels,
        taps_h=height.taps, taps_w=width.taps, stride_h=height.stride, stride_w=width.stride,
        dilation_h=height.dilation, dilation_w=width.dilation, step=step, lanes=lanes,
        rows=max(1, min(PIXELS, q1 - q0)), vectors=min(vectors, 4),
    )  # fmt: skip


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
                    q = edge if edge < q0 else edge + q1 - q0
                    for s in range(*reached(q * g.stride_w - left, g.taps_w, g.dilation_w, width)):
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
