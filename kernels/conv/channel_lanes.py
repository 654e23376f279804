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

from ..chain.finish import finish
from ..chain.stages import Form
from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel, share
from ..memory.buffers import empty
from ..simd import clear, dot, fma, load, plus, positive, spread, store, sums, zero
from ..window import at_edge, interior, reached
from .pack import WORK, Source
from .plan import Packed, Place, Plan, literals_of_stages, run_time_sizes, sizes_of_stages
from .problem import Problem

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
        _forward(images * g.outputs_h, 2.0 * images * self.pixels * packed.size, g, x, packed, bias, other, y)


class ChannelLanesWeight(Plan):
    """The weight gradient of any number of images."""

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C, kH, kW), from flat x and dy."""
        g, rows = self.geometry, images * self.geometry.outputs_h
        parts = min(PARTS, rows)
        sums = empty((parts, g.taps_h * g.taps_w, g.rows, g.columns), x.dtype)
        work = 2.0 * images * self.pixels * sums[0].size
        _sum(parts, work, g, x, dy, sums.ravel(), rows, parts)
        gradient = empty((g.rows, g.channels, g.taps_h, g.taps_w), x.dtype)
        _unpack(g.rows, 8.0 * sums.size, g, sums.ravel(), gradient.ravel(), parts)
        return gradient


def fits(p: Problem) -> bool:
    """Whether lanes along the channels are better filled than lanes along the filters."""
    lanes = machine.lanes(p.dtype)
    return p.groups == 1 and p.filters <= min(MOST, lanes) and p.channels >= lanes


@lru_cache(maxsize=1024)
def plan(
    p: Problem, place: Place, relu: bool, vectors: int | None = None, forms: tuple[Form, ...] = ()
) -> ChannelLanes:
    """Plan a convolution to so few filters that it `fits`."""
    across = 1 << (p.filters - 1).bit_length()
    most = machine.vectors().registers // 4 // max(1, across // 2)
    q0, q1 = interior.py_func(p.width.size, *p.width[1:5], p.width.outputs)
    geometry = Geometry(
        _sizes(p, place)
        | {"filters": p.filters, "relu": int(relu), "panels": across, "columns": 1}
        | sizes_of_stages(p, forms),
        x_step=p.width.stride * p.channels, rows=max(1, min(most, q1 - q0)), vectors=across,
        lanes=machine.lanes(p.dtype), **literals_of_stages(p, forms),
    )  # fmt: skip
    return ChannelLanes(geometry)


@lru_cache(maxsize=1024)
def weight_plan(p: Problem) -> ChannelLanesWeight:
    """Plan the weight gradient of a convolution that `fits`."""
    lanes = machine.lanes(p.dtype)
    wanted = -(-p.channels // lanes)
    vectors = min(wanted, 8, (machine.vectors().registers - 1) // (p.filters + 1))
    columns = -(-wanted // vectors) * vectors * lanes
    sizes = _sizes(p) | {"columns": columns}
    return ChannelLanesWeight(Geometry(sizes, rows=p.filters, vectors=vectors, lanes=lanes))


def _sizes(p: Problem, place: Place | None = None) -> dict[str, int]:
    return run_time_sizes(p, place) | {
        "channels": p.channels, "taps_h": p.height.taps, "taps_w": p.width.taps,
        "stride_h": p.height.stride, "stride_w": p.width.stride,
        "dilation_h": p.height.dilation, "dilation_w": p.width.dilation,
    }  # fmt: skip


@kernel
def _pack(g, weight, packed, filter_step, channel_step, starts, steps, first, last):
    """packed[starts[t] + k * steps[t], c] = weight[k * filter_step + c * channel_step + t]

    Overwrites packed: taps with a negative start are left out, filters from the last to g.panels are zero.
    Any sizes; one group. A job is one channel of all filters.
    """
    for c in range(first, last):
        for k in range(g.panels):
            at = k * filter_step + c * channel_step
            for tap in range(starts.size):
                if starts[tap] >= 0:
                    to = (starts[tap] + k * steps[tap]) * g.channels + c
                    packed[to] = weight[at + tap] if k < g.filters else 0


@inline
def _sums(g, acc, x, at, r0, r1, s0, s1, packed):
    """acc[i, k] = sum over r0 <= r < r1, s0 <= s < s1 and c of x[i, r, s, c] * packed[k, r, s, c]

                           packed[k, r, s, c : c + lanes]     a vector for each filter
                           ----------------------
    x[i,     r, s, c ... ] |                    |
    x[i + 1, r, s, c ... ] |  acc += x * packed |             a vector for each pixel, x_step apart
             ...           |                    |

    The microkernel: acc, zero before, is a tile of vectors of partial sums; returned are their totals. Taps
    of a filter row that lie side by side (dilation 1) are one run of channels.
    """
    size, joined = g.taps_h * g.taps_w * g.channels, max(1, s1 - s0) if g.dilation_w == 1 else 1
    run = joined * g.channels
    full = run - run % g.lanes  # elements in full vectors
    for r in range(r0, r1):
        for s in range(s0, s1, joined):
            a = at + (r * g.dilation_h * g.width + s * g.dilation_w) * g.channels
            b = (r * g.taps_w + s) * g.channels
            for c in range(0, full, g.lanes):
                acc = dot(acc, x, a + c, g.x_step, packed, b + c, size, g.lanes)
            if full < run:
                acc = dot(acc, x, a + full, g.x_step, packed, b + full, size, run - full)
    return sums(acc)


@kernel
def _forward(g, x, packed, bias, other, y, first, last):
    """y[n, p, q, k] = bias[k] + sum of x[n, p * stride + r * dilation - top, ..., c] * w[k, r, s, c]

    x (N, H, W, C), packed[k, r, s, c] from `_pack`, bias (K,), y where g's `Place` says; at most MOST
    filters, any other sizes. Overwrites y, with max(y, 0) if g.relu, then with its stages. A job is one row
    of output pixels.
    """
    q0, q1 = interior(g.width, g.taps_w, g.stride_w, g.dilation_w, g.left, g.outputs_w)
    for job in range(first, last):
        n = job // g.outputs_h
        p = job - n * g.outputs_h
        row = p * g.stride_h - g.top
        r0, r1 = reached(row, g.taps_h, g.dilation_h, g.height)
        x_row = ((n * g.height + row) * g.width - g.left) * g.channels
        y_row = g.y_first + n * g.y_image + p * g.y_row
        for tile in range(q0, q1, g.rows):
            q = min(tile, q1 - g.rows)
            acc = zero(x, g.rows, g.vectors, g.lanes)
            total = _sums(g, acc, x, x_row + q * g.x_step, r0, r1, 0, g.taps_w, packed)
            total = plus(total, spread(bias, 0, g.rows, 1, g.vectors, g.filters))
            store(positive(total) if g.relu else total, y, y_row + q * g.y_pixel, g.y_pixel, g.filters)
        for edge in range(g.outputs_w - (q1 - q0)):
            q, s0, s1 = at_edge(edge, q0, q1, g.width, g.taps_w, g.stride_w, g.dilation_w, g.left)
            acc = zero(x, 1, g.vectors, g.lanes)
            total = _sums(g, acc, x, x_row + q * g.x_step, r0, r1, s0, s1, packed)
            total = plus(total, spread(bias, 0, 1, 1, g.vectors, g.filters))
            store(positive(total) if g.relu else total, y, y_row + q * g.y_pixel, g.y_pixel, g.filters)
        if g.stages:
            finish(g, y, bias, 0, other, y_row, g.outputs_w, g.filters)


@inline
def _row_sum(g, dy, dy_at, x, at, sums, to, q0, q1, columns):
    """sums[to + k * g.columns + c] += sum over q0 <= q < q1 of dy[q, k] * x[q, c], c < columns

    The microkernel: a tile of all filters by `columns` channels, in registers for a row of pixels.
    dy[q, k] = dy[dy_at + q * filters + k] and x[q, c] = x[at + q * stride_w * channels + c].
    """
    acc = load(sums, to, g.columns, g.rows, g.vectors, g.lanes, columns)
    for q in range(q0, q1):
        acc = fma(acc, dy, dy_at + q * g.rows, 1, x, at + q * g.stride_w * g.channels, columns)
    store(acc, sums, to, g.columns, columns)


@kernel
def _sum(g, x, dy, sums, rows, parts, first, last):
    """sums[part, r, s, k, c] = sum over the part's n, p and all q of dy[n, p, q, k] * x[n, ..., c]

    x (N, H, W, C), dy (N, P, Q, K); at most MOST filters, any other sizes. Overwrites sums, whose rows of
    channels are g.columns apart: a part is cleared first, then its rows are added in order. A job is one of
    `parts` of the `rows` of output pixels of all images; their number depends on shape alone.
    """
    wide, size = g.vectors * g.lanes, g.taps_h * g.taps_w * g.rows * g.columns
    for part in range(first, last):
        clear(sums, part * size, size)
        for job in range(*share(rows, parts, part)):
            n = job // g.outputs_h
            row = (job - n * g.outputs_h) * g.stride_h - g.top
            r0, r1 = reached(row, g.taps_h, g.dilation_h, g.height)
            for r in range(r0, r1):
                for s in range(g.taps_w):
                    j = s * g.dilation_w - g.left
                    q0, q1 = interior(g.width, 1, g.stride_w, 1, -j, g.outputs_w)
                    pixel = (n * g.height + row + r * g.dilation_h) * g.width + j
                    to = part * size + (r * g.taps_w + s) * g.rows * g.columns
                    for c in range(0, g.channels, wide):
                        at, dy_at = pixel * g.channels + c, job * g.outputs_w * g.rows
                        if g.channels - c >= wide:
                            _row_sum(g, dy, dy_at, x, at, sums, to + c, q0, q1, wide)
                        else:
                            _row_sum(g, dy, dy_at, x, at, sums, to + c, q0, q1, g.channels - c)


@kernel
def _unpack(g, sums, gradient, parts, first, last):
    """dw[k, c, tap] = sum over the parts, in order, of sums[part, tap, k, c]

    Overwrites the gradient (K, C, kH, kW), dense. A job is one filter.
    """
    taps = g.taps_h * g.taps_w
    for k in range(first, last):
        for c in range(g.channels):
            for tap in range(taps):
                total = sums[(tap * g.rows + k) * g.columns + c]
                for part in range(1, parts):
                    total += sums[((part * taps + tap) * g.rows + k) * g.columns + c]
                gradient[(k * g.channels + c) * taps + tap] = total
