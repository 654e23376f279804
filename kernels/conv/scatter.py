"""The input gradient of a convolution of few channels: one matrix product, then sums along the filter rows.

    t[p, q, (r, s, c)] = sum over k of dy[n, p, q, k] * w[k, c, r, s]           on the register tile
    dx[n, p * stride + r * dilation - top, q * stride + s - left, c] += t[p, q, (r, s, c)]

As a convolution, it would leave most lanes empty where an image has one or three channels; so the lanes run
over the taps too. The taps s of a filter row and their channels lie side by side in t and in dx, and are
added as they lie. A job computes rows of dx that no other one does, and adds in the order of p, q
and r: no bit depends on how the rows are dealt.
"""

from functools import lru_cache

import numpy as np

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import get_num_threads, inline, kernel
from ..memory.buffers import channels_last, empty_channels_last, scratch
from ..simd import clear, copy, fma, read, store, write, zero
from .plan import Plan, run_time_sizes
from .problem import Problem


class Scatter(Plan):
    """The input gradient of any number of images."""

    def run(self, dy: np.ndarray, weight: np.ndarray, dx: np.ndarray, images: int) -> None:
        """Write flat dx of flat dy and the filters (K, C, kH, kW)."""
        g, taps = self.geometry, channels_last(weight)
        blocks = min(-(-g.height // g.taps_h), -(-2 * get_num_threads() // images))
        rows = -(-g.height // blocks)
        blocks = -(-g.height // rows)
        work = 2.0 * images * self.pixels * taps.size
        _scatter(images * blocks, work, g, dy, taps, dx, rows, blocks)


def fits(p: Problem) -> bool:
    """Whether lanes over taps and channels are better filled than lanes over channels."""
    few = 2 * p.channels <= machine.lanes(p.dtype)
    return p.groups == 1 and p.width.dilation == 1 and p.width.taps > 1 and few


def filled(p: Problem) -> float:
    """The share of lanes over taps and channels that are filled."""
    elements, lanes = p.height.taps * p.width.taps * p.channels, machine.lanes(p.dtype)
    return elements / (-(-elements // lanes) * lanes)


@lru_cache(maxsize=1024)
def plan(p: Problem) -> Scatter:
    """Plan the input gradient of a convolution that `fits`."""
    elements = p.height.taps * p.width.taps * p.channels
    tile = machine.tile(p.width.outputs, elements, p.dtype)
    columns = tile.vectors * tile.lanes
    geometry = Geometry(
        run_time_sizes(p), channels=p.channels, filters=p.filters, elements=elements,
        panels=-(-elements // columns), columns=columns, run=p.width.taps * p.channels, taps_h=p.height.taps,
        stride_h=p.height.stride, stride_w=p.width.stride, dilation_h=p.height.dilation,
        rows=tile.rows, vectors=tile.vectors, lanes=tile.lanes,
    )  # fmt: skip
    return Scatter(geometry)


def input_gradient(p: Problem):
    """The input gradient of a convolution that `fits`, a function of (weight, grad_output)."""
    scatter, size = plan(p.any_batch), (p.images, p.channels, p.height.size, p.width.size)

    def run(weight, grad_output):
        target, grad_input = empty_channels_last(size, p.dtype)
        if target.size:
            scatter.run(channels_last(grad_output), weight, target, p.images)
        return grad_input

    return run


@inline
def _add_run(g, t, at, rows, to):
    """rows[to : to + run] += t[at : at + run]"""
    for i in range(0, g.run, g.lanes):
        count = min(g.lanes, g.run - i)
        total = read(rows, to + i, g.lanes, count) + read(t, at + i, g.lanes, count)
        write(total, rows, to + i, count)


@inline
def _products(g, dy, at, taps, t):
    """t[q, element] = sum over k of dy[q, k] * taps[k, element]: the microkernel.

                     taps[k, e : e + columns]    one row of vectors
                     -------------------------
    dy[q,     k]     |                       |
    dy[q + 1, k]     | acc += dy column * row|   `rows` neighbouring pixels
        ...          |                       |

    dy[at] is the first pixel; the pixels of t are panels * columns apart. Overwrites t.
    """
    for panel in range(g.panels):
        j = panel * g.columns
        columns = min(g.columns, g.elements - j)
        acc = zero(dy, g.rows, g.vectors, g.lanes)
        for k in range(g.filters):
            acc = fma(acc, dy, at + k, g.filters, taps, k * g.elements + j, columns)
        store(acc, t, j, g.panels * g.columns, g.columns)


@kernel
def _scatter(g, dy, taps, dx, job_rows, blocks, first, last):
    """dx[n, p * stride + r * dilation - top, ..., c] = sum of dy[n, p, q, k] * w[k, r, s, c]

    dy (N, P, Q, K), taps (K, kH, kW, C); overwrites dx (N, H, W, C), dense. Dilation 1 along a row, one
    group, any other sizes; a row has at least g.rows outputs. A job is job_rows rows of one image of dx (one
    of its `blocks`), which `run` cuts: it adds in rows as wide as the padded input, then copies what lies
    inside.
    """
    span = max((g.outputs_w - 1) * g.stride_w * g.channels + g.run, (g.left + g.width) * g.channels)
    rows = scratch(job_rows * span, dx)
    t = scratch(g.rows * g.panels * g.columns, dx)
    reach = (g.taps_h - 1) * g.dilation_h
    for job in range(first, last):
        n = job // blocks
        i0 = (job - n * blocks) * job_rows
        i1 = min(i0 + job_rows, g.height)
        clear(rows, 0, job_rows * span)
        p0 = max(0, (i0 + g.top - reach + g.stride_h - 1) // g.stride_h)
        p1 = min(g.outputs_h, (i1 - 1 + g.top) // g.stride_h + 1)
        for p in range(p0, p1):
            row = p * g.stride_h - g.top - i0
            done = 0
            for tile in range(0, g.outputs_w, g.rows):
                q0 = min(tile, g.outputs_w - g.rows)
                _products(g, dy, ((n * g.outputs_h + p) * g.outputs_w + q0) * g.filters, taps, t)
                for q in range(done, q0 + g.rows):
                    for r in range(g.taps_h):
                        i = row + r * g.dilation_h
                        if 0 <= i < i1 - i0:
                            at = (q - q0) * g.panels * g.columns + r * g.run
                            _add_run(g, t, at, rows, i * span + q * g.stride_w * g.channels)
                done = q0 + g.rows
        for i in range(i0, i1):
            source = (i - i0) * span + g.left * g.channels
            copy(dx, (n * g.height + i) * g.width * g.channels, rows, source, g.width * g.channels)
