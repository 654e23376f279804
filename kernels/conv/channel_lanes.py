"""Convolution to few filters, and its weight gradient: the lanes run along the channels.

    y[n, p, q, k] = bias[k] + sum over r, s, c of x[n, p * stride + r * dilation - top, ..., c]
                                                  * w[k, r, s, c]

A tile is `rows` neighbouring pixels by all filters; each accumulator is a vector of partial sums, which are
added in a fixed order. Nothing is padded: what lies outside of the image is left out of the sum, and pixels
whose window leaves it at the left or right are computed one by one.

    dw[k, r, s, c] = sum over n, p, q of dy[n, p, q, k] * x[n, p * stride + r * dilation - top, ..., c]

A tile is all filters by some vectors of channels. The rows of pixels are dealt to a fixed number of parts,
which are added in order.
"""

from functools import lru_cache

import numpy as np

from fastconv.geometry import Axis

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel, share
from ..memory.buffers import empty
from ..simd import clear, dot, fma, load, plus, positive, spread, store, sums, zero
from ..window import at_edge, interior, reached
from .pack import WORK, Source
from .plan import Packed, Place, Plan

MOST = 4
"""Most filters for which the lanes run along the channels."""
PARTS = 16
"""Most parts of the weight gradient's sum over images and rows."""


class ChannelLanes(Packed):
    """One convolution of any number of images."""

    def pack(self, weight: np.ndarray, source: Source) -> np.ndarray:
        """packed[k, tap, c], zero beyond the last filter."""
        g = self.geometry
        packed = empty((g.panels * source.taps * g.channels,), weight.dtype)
        _pack(
            g.channels, WORK * packed.size, g, weight, packed, source.filter, source.channel, source.starts,
            source.steps,
        )  # fmt: skip
        return packed

    def convolve(
        self, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, y: np.ndarray, images: int
    ) -> None:
        """Convolve all images of flat x into flat y."""
        _forward(
            images * self.height.outputs, 2.0 * images * self.pixels * packed.size,
            self.geometry, x, packed, bias, y, *self.sizes, *self.place,
        )  # fmt: skip


class ChannelLanesWeight(Plan):
    """The weight gradient of any number of images."""

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C, kH, kW), from flat x and dy."""
        g, rows = self.geometry, images * self.height.outputs
        parts = min(PARTS, rows)
        sums = empty((parts, g.taps_h * g.taps_w, g.rows, g.columns), x.dtype)
        work = 2.0 * images * self.pixels * sums[0].size
        _sum(parts, work, g, x, dy, sums.ravel(), rows, *self.sizes, parts)
        gradient = empty((g.rows, g.channels, g.taps_h, g.taps_w), x.dtype)
        _unpack(g.rows, 8.0 * sums.size, g, sums.ravel(), gradient.ravel(), parts)
        return gradient


def fits(channels: int, filters: int, groups: int, dtype: np.dtype) -> bool:
    """Whether lanes along the channels are better filled than lanes along the filters."""
    lanes = machine.lanes(dtype)
    return groups == 1 and filters <= min(MOST, lanes) and channels >= lanes


@lru_cache(maxsize=1024)
def plan(
    height: Axis, width: Axis, channels: int, filters: int, place: Place, relu: bool, dtype: np.dtype
) -> ChannelLanes:
    """Plan a convolution to so few filters that it `fits`."""
    vectors = 1 << (filters - 1).bit_length()
    most = machine.vectors().registers // 4 // max(1, vectors // 2)
    q0, q1 = interior.py_func(width.size, *width[1:5], width.outputs)
    geometry = Geometry(
        _sizes(height, width, channels)
        | {"filters": filters, "relu": int(relu), "panels": vectors, "columns": 1},
        x_step=width.stride * channels, rows=max(1, min(most, q1 - q0)), vectors=vectors,
        lanes=machine.lanes(dtype),
    )  # fmt: skip
    return ChannelLanes(geometry, height, width, place)


@lru_cache(maxsize=1024)
def weight_plan(
    height: Axis, width: Axis, channels: int, filters: int, dtype: np.dtype
) -> ChannelLanesWeight:
    """Plan the weight gradient of a convolution that `fits`."""
    lanes = machine.lanes(dtype)
    wanted = -(-channels // lanes)
    vectors = min(wanted, 8, (machine.vectors().registers - 1) // (filters + 1))
    columns = -(-wanted // vectors) * vectors * lanes
    sizes = _sizes(height, width, channels) | {"columns": columns}
    return ChannelLanesWeight(Geometry(sizes, rows=filters, vectors=vectors, lanes=lanes), height, width)


def _sizes(height: Axis, width: Axis, channels: int) -> dict[str, int]:
    return {
        "channels": channels, "taps_h": height.taps, "taps_w": width.taps, "stride_h": height.stride,
        "stride_w": width.stride, "dilation_h": height.dilation, "dilation_w": width.dilation,
    }  # fmt: skip


@kernel
def _pack(g, weight, packed, filter_step, channel_step, starts, steps, first, last):
    """A job is one channel of all filters."""
    for c in range(first, last):
        for k in range(g.panels):
            at = k * filter_step + c * channel_step
            for tap in range(starts.size):
                if starts[tap] >= 0:
                    to = (starts[tap] + k * steps[tap]) * g.channels + c
                    packed[to] = weight[at + tap] if k < g.filters else 0


@inline
def _sums(g, acc, x, at, line, r0, r1, s0, s1, packed):
    """The sums of the taps that exist, for the pixels of the tile acc, which is zero.

    Taps of a filter row that lie side by side are one run.
    """
    size, joined = g.taps_h * g.taps_w * g.channels, max(1, s1 - s0) if g.dilation_w == 1 else 1
    run = joined * g.channels
    whole = run - run % g.lanes
    for r in range(r0, r1):
        for s in range(s0, s1, joined):
            a = at + r * g.dilation_h * line + s * g.dilation_w * g.channels
            b = (r * g.taps_w + s) * g.channels
            for c in range(0, whole, g.lanes):
                acc = dot(acc, x, a + c, g.x_step, packed, b + c, size, g.lanes)
            if whole < run:
                acc = dot(acc, x, a + whole, g.x_step, packed, b + whole, size, run - whole)
    return sums(acc)


@kernel
def _forward(
    g, x, packed, bias, y, height, width, top, left, outputs_h, outputs_w, y_first, y_image, y_row, y_pixel,
    first, last,
):  # fmt: skip
    """A job is one row of output pixels."""
    line = width * g.channels
    q0, q1 = interior(width, g.taps_w, g.stride_w, g.dilation_w, left, outputs_w)
    for job in range(first, last):
        n = job // outputs_h
        p = job - n * outputs_h
        row = p * g.stride_h - top
        r0, r1 = reached(row, g.taps_h, g.dilation_h, height)
        x_row = (n * height + row) * line - left * g.channels
        y_row_at = y_first + n * y_image + p * y_row
        for tile in range(q0, q1, g.rows):
            q = min(tile, q1 - g.rows)
            acc = zero(x, g.rows, g.vectors, g.lanes)
            total = _sums(g, acc, x, x_row + q * g.x_step, line, r0, r1, 0, g.taps_w, packed)
            total = plus(total, spread(bias, 0, g.rows, 1, g.vectors, g.filters))
            store(positive(total) if g.relu else total, y, y_row_at + q * y_pixel, y_pixel, g.filters)
        for edge in range(outputs_w - (q1 - q0)):
            q, s0, s1 = at_edge(edge, q0, q1, width, g.taps_w, g.stride_w, g.dilation_w, left)
            acc = zero(x, 1, g.vectors, g.lanes)
            total = _sums(g, acc, x, x_row + q * g.x_step, line, r0, r1, s0, s1, packed)
            total = plus(total, spread(bias, 0, 1, 1, g.vectors, g.filters))
            store(positive(total) if g.relu else total, y, y_row_at + q * y_pixel, y_pixel, g.filters)


@inline
def _row_sum(g, dy, dy_at, x, at, sums, to, q0, q1, columns):
    """Add the pixels q0 to q1 of a row to the sums of one tap and some channels."""
    acc = load(sums, to, g.columns, g.rows, g.vectors, g.lanes, columns)
    for q in range(q0, q1):
        acc = fma(acc, dy, dy_at + q * g.rows, 1, x, at + q * g.stride_w * g.channels, columns)
    store(acc, sums, to, g.columns, columns)


@kernel
def _sum(
    g, x, dy, sums, rows, height, width, top, left, outputs_h, outputs_w, parts, first, last
):  # fmt: skip
    """A job is one part of the rows of output pixels; sums[part, tap, k, c]."""
    wide, size = g.vectors * g.lanes, g.taps_h * g.taps_w * g.rows * g.columns
    for part in range(first, last):
        clear(sums, part * size, size)
        for job in range(*share(rows, parts, part)):
            n = job // outputs_h
            row = (job - n * outputs_h) * g.stride_h - top
            r0, r1 = reached(row, g.taps_h, g.dilation_h, height)
            for r in range(r0, r1):
                for s in range(g.taps_w):
                    j = s * g.dilation_w - left
                    q0, q1 = interior(width, 1, g.stride_w, 1, -j, outputs_w)
                    pixel = (n * height + row + r * g.dilation_h) * width + j
                    to = part * size + (r * g.taps_w + s) * g.rows * g.columns
                    for c in range(0, g.channels, wide):
                        at, dy_at = pixel * g.channels + c, job * outputs_w * g.rows
                        if g.channels - c >= wide:
                            _row_sum(g, dy, dy_at, x, at, sums, to + c, q0, q1, wide)
                        else:
                            _row_sum(g, dy, dy_at, x, at, sums, to + c, q0, q1, g.channels - c)


@kernel
def _unpack(g, sums, gradient, parts, first, last):
    """A job is one filter: each element is the sum of its parts, in order."""
    taps = g.taps_h * g.taps_w
    for k in range(first, last):
        for c in range(g.channels):
            for tap in range(taps):
                total = sums[(tap * g.rows + k) * g.columns + c]
                for part in range(1, parts):
                    total += sums[((part * taps + tap) * g.rows + k) * g.columns + c]
                gradient[(k * g.channels + c) * taps + tap] = total
