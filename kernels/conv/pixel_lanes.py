"""Convolution of few channels to few filters, and its weight gradient: the lanes run along the pixels.

    y[n, p, q, k] = bias[k] + sum over r, s, c of x[n, p + r * dilation - top, q + s * dilation - left, c]
                                                  * w[k, r, s, c]

Lanes along the filters would be empty for the most part. So x is taken apart, a plane for each channel, and
a tile is all filters by some vectors of neighbouring pixels, which are woven together where they are stored:

                   x[..., c, q : q + columns]     one row of vectors from a plane
                   --------------------------
    w[k,     ...] |                          |
    w[k + 1, ...] |  acc += w column * x row |
        ...       |                          |

    dw[k, r, s, c] = sum over n, p, q of dy[n, p, q, k] * x[n, p + r * dilation - top, ..., c]

Here dy is taken apart too: each accumulator holds partial sums of one tap and one filter. The blocks of rows
are dealt to a fixed number of parts, which are added in order.
"""

from functools import lru_cache

import numpy as np

from fastconv.geometry import Axis

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel, share
from ..engine.machine import LATENCY, PORTS
from ..memory.buffers import empty, scratch
from ..simd import clear, dot, fma, load, positive, read, store, total, unwoven, woven, zero
from .channel_lanes import ChannelLanes
from .plan import Place, Plan

CHANNELS = 4
"""Most channels: each is taken apart, and all their sums are short."""
APART, WOVEN = 1.0, 0.45
"""Cycles in which an input is taken apart, and in which an output is woven."""
ROWS = 32
"""Most output rows of a block."""
PARTS = 16
"""Most parts of the weight gradient's sum over images and blocks of rows."""


class PixelLanes(ChannelLanes):
    """One convolution of any number of images."""

    def convolve(
        self, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, y: np.ndarray, images: int
    ) -> None:
        """Convolve all images of flat x into flat y."""
        g = self.geometry
        _forward(
            images * g.blocks, 2.0 * images * self.pixels * packed.size,
            g, x, packed, bias, y, *self.sizes, *self.place[:3],
        )  # fmt: skip


class PixelLanesWeight(Plan):
    """The weight gradient of any number of images."""

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C, kH, kW), from flat x and dy."""
        g, blocks = self.geometry, images * self.geometry.blocks
        parts = machine.power_of_two(min(PARTS, blocks))
        sums = empty((parts, g.channels * g.taps_h * g.taps_w * g.filters * g.lanes), x.dtype)
        work = 2.0 * images * self.pixels * sums[0].size / g.lanes
        _sum(parts, work, g, x, dy, sums.ravel(), blocks, *self.sizes, parts)
        gradient = empty((g.filters, g.channels, g.taps_h, g.taps_w), x.dtype)
        _unpack(g.filters, 8.0 * sums.size, g, sums.ravel(), gradient.ravel(), parts)
        return gradient


def fits(height: Axis, width: Axis, channels: int, filters: int, groups: int, dtype: np.dtype) -> bool:
    """Whether a row of outputs takes less time with lanes along the pixels than along the filters."""
    lanes, elements = machine.lanes(dtype), height.taps * width.taps * channels
    if groups > 1 or width.stride > 1 or channels > CHANNELS or 2 * filters > lanes:
        return False
    sums = elements * max(filters * -(-width.outputs // lanes) / PORTS, LATENCY)
    woven = width.outputs * (APART * channels + WOVEN * filters)
    return sums + woven < elements * width.outputs / PORTS


@lru_cache(maxsize=1024)
def plan(
    height: Axis, width: Axis, channels: int, filters: int, place: Place, relu: bool, dtype: np.dtype
) -> PixelLanes:
    """Plan a convolution that `fits`."""
    lanes, room = machine.lanes(dtype), (machine.vectors().registers - 1) // (filters + 1)
    vectors = min(-(-width.outputs // lanes), room)
    sizes, literals = _sizes(height, width, channels, filters, vectors * lanes)
    packed = {"panels": filters, "columns": 1, "relu": int(relu)}
    geometry = Geometry(sizes, **literals, **packed, rows=filters, vectors=vectors, lanes=lanes)
    return PixelLanes(geometry, height, width, place)


@lru_cache(maxsize=1024)
def weight_plan(height: Axis, width: Axis, channels: int, filters: int, dtype: np.dtype) -> PixelLanesWeight:
    """Plan the weight gradient of a convolution that `fits`: of tiles that cover it once, the largest."""
    lanes, registers = machine.lanes(dtype), machine.vectors().registers
    taps = [r for r in range(1, width.taps + 1) if width.taps % r == 0]
    own = [v for v in range(1, filters + 1) if filters % v == 0]
    tiles = [(r * v, r, v) for r in taps for v in own if r * v + v + 1 <= registers]
    _, rows, vectors = max(tiles)
    sizes, literals = _sizes(height, width, channels, filters, lanes)
    return PixelLanesWeight(
        Geometry(sizes, **literals, rows=rows, vectors=vectors, lanes=lanes), height, width
    )


def _sizes(
    height: Axis, width: Axis, channels: int, filters: int, columns: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Sizes and literals that both passes know; a tile is `columns` pixels wide."""
    blocks = -(-height.outputs // ROWS)
    across = -(-width.outputs // columns) * columns
    sizes = {
        "stride_h": height.stride, "across": across, "pitch": across + width.reach - 1,
        "block": -(-height.outputs // blocks), "blocks": blocks,
    }  # fmt: skip
    literals = {
        "channels": channels, "filters": filters, "taps_h": height.taps, "taps_w": width.taps,
        "dilation_h": height.dilation, "dilation_w": width.dilation,
    }  # fmt: skip
    return sizes, literals


@inline
def _reach(g, rows):
    """The input rows that so many output rows reach."""
    return (rows - 1) * g.stride_h + (g.taps_h - 1) * g.dilation_h + 1


@inline
def _block(g, job, outputs_h):
    """The image of a job, its output rows, and how many input rows these reach."""
    n = job // g.blocks
    p0 = (job - n * g.blocks) * g.block
    p1 = min(p0 + g.block, outputs_h)
    return n, p0, p1, _reach(g, p1 - p0)


@inline
def _take_apart(g, x, planes, n, first, count, lines, height, width, left):
    """planes[c, i, j] = x[n, first + i, j - left, c], zero where there is no input.

    There are `count` rows, and places for `lines`.
    """
    source, target = max(0, -left), max(0, left)
    line = min(width - source, g.pitch - target)
    for i in range(count):
        row, to = first + i, i * g.pitch
        for c in range(g.channels):
            clear(planes, c * lines * g.pitch + to, g.pitch)
        if 0 <= row < height:
            at = ((n * height + row) * width + source) * g.channels
            for j in range(0, line, g.lanes):
                pixels = min(g.lanes, line - j)
                some = load(x, at + j * g.channels, 0, 1, g.channels, g.lanes, pixels * g.channels)
                store(unwoven(some), planes, to + target + j, lines * g.pitch, pixels)


@kernel
def _forward(
    g, x, packed, bias, y, height, width, top, left, outputs_h, outputs_w, y_first, y_image, y_row,
    first, last,
):  # fmt: skip
    """A job is one block of output rows of one image."""
    lines, columns = _reach(g, g.block), g.vectors * g.lanes
    elements = g.taps_h * g.taps_w * g.channels
    planes, ones = scratch(g.channels * lines * g.pitch, x), scratch(columns, x)
    ones[:] = 1
    for job in range(first, last):
        n, p0, p1, count = _block(g, job, outputs_h)
        _take_apart(g, x, planes, n, p0 * g.stride_h - top, count, lines, height, width, left)
        for p in range(p0, p1):
            row = (p - p0) * g.stride_h * g.pitch
            for q in range(0, outputs_w, columns):
                acc = zero(x, g.rows, g.vectors, g.lanes)
                acc = fma(acc, bias, 0, 1, ones, 0, columns)
                for r in range(g.taps_h):
                    for s in range(g.taps_w):
                        for c in range(g.channels):
                            w = (r * g.taps_w + s) * g.channels + c
                            at = row + (c * lines + r * g.dilation_h) * g.pitch + q + s * g.dilation_w
                            acc = fma(acc, packed, w, elements, planes, at, columns)
                pixels = woven(positive(acc) if g.relu else acc)
                to = y_first + n * y_image + p * y_row + q * g.filters
                store(pixels, y, to, 0, min(columns, outputs_w - q) * g.filters)


@inline
def _take_gradient_apart(g, dy, apart, at, rows, plane, outputs_w):
    """apart[k, p, q] = dy[p, q, k] of `rows` rows from `at`, zero beyond the last pixel."""
    for p in range(rows):
        for q in range(0, outputs_w, g.lanes):
            pixels = min(g.lanes, outputs_w - q)
            some = load(
                dy, at + (p * outputs_w + q) * g.filters, 0, 1, g.filters, g.lanes, pixels * g.filters
            )
            store(unwoven(some), apart, p * g.across + q, plane, g.lanes)


@inline
def _add_block(g, planes, lines, apart, plane, rows, outputs_w, sums, at):
    """Add one block of `rows` rows of pixels to the sums of all taps and filters: the microkernel."""
    tap_size, columns = g.filters * g.lanes, g.vectors * g.lanes
    for c in range(g.channels):
        for r in range(g.taps_h):
            first = (c * lines + r * g.dilation_h) * g.pitch
            for s in range(0, g.taps_w, g.rows):
                for k in range(0, g.filters, g.vectors):
                    to = at + ((c * g.taps_h + r) * g.taps_w + s) * tap_size + k * g.lanes
                    acc = load(sums, to, tap_size, g.rows, g.vectors, g.lanes, columns)
                    for p in range(rows):
                        a = first + p * g.stride_h * g.pitch + s * g.dilation_w
                        b = k * plane + p * g.across
                        for q in range(0, outputs_w, g.lanes):
                            acc = dot(acc, planes, a + q, g.dilation_w, apart, b + q, plane, g.lanes)
                    store(acc, sums, to, tap_size, columns)


@kernel
def _sum(
    g, x, dy, sums, blocks, height, width, top, left, outputs_h, outputs_w, parts, first, last
):  # fmt: skip
    """A job is one part of the blocks; sums[part, c, r, s, k, lane]."""
    lines, plane = _reach(g, g.block), g.block * g.across
    size = g.channels * g.taps_h * g.taps_w * g.filters * g.lanes
    planes, apart = scratch(g.channels * lines * g.pitch, x), scratch(g.filters * plane, x)
    for part in range(first, last):
        clear(sums, part * size, size)
        for job in range(*share(blocks, parts, part)):
            n, p0, p1, count = _block(g, job, outputs_h)
            _take_apart(g, x, planes, n, p0 * g.stride_h - top, count, lines, height, width, left)
            at = (n * outputs_h + p0) * outputs_w * g.filters
            _take_gradient_apart(g, dy, apart, at, p1 - p0, plane, outputs_w)
            _add_block(g, planes, lines, apart, plane, p1 - p0, outputs_w, sums, part * size)


@kernel
def _unpack(g, sums, gradient, parts, first, last):
    """A job is one filter: each element is the sum of its parts, in order, and of their lanes."""
    elements = g.channels * g.taps_h * g.taps_w
    for k in range(first, last):
        for e in range(elements):
            every = read(sums, (e * g.filters + k) * g.lanes, g.lanes, g.lanes)
            for part in range(1, parts):
                at = ((part * elements + e) * g.filters + k) * g.lanes
                every = every + read(sums, at, g.lanes, g.lanes)
            gradient[k * elements + e] = total(every)
