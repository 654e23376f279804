"""The forward pass of few tiles: the filters are transformed where they are used, and never lie in memory.

A job is one part of the filter panels, and where these are fewer than threads one part of the tiles. Of a
slice of the channels at a time, it computes

    v[point, tile, c] = B^T x B             its tiles
    u[point, c, k] = G w G^T                one panel
    m[point, tile, k] += sum over c of v[point, tile, c] * u[point, c, k]         on the register tile

and at last y = A^T m A + bias. A slice, its panel and the sums of the job stay in the L2 cache, and each
filter is read once. The sums add the channels in the order of `forward.py`: the bits are the same.
"""

import math
from functools import lru_cache

import numpy as np

from ...chain.stages import Form
from ...engine import machine
from ...engine.geometry import Geometry
from ...engine.jit import get_num_threads, inline, kernel, share
from ...memory.buffers import constant, scratch
from ...simd import fma, load, store, transposed, zero
from ..pack import Source
from ..plan import Convolution, Place, literals_of_stages, sizes_of_stages
from ..problem import Problem
from .tiles import TRANSFORM, tile_sizes, transform_filter, transform_inputs, transform_output
from .transform import POINTS, TAPS

TILES = 64
"""Most tiles for which a filter is transformed."""
ROWS = 8
"""Most tiles of a register tile."""
SLICE = 64
"""Channels of a slice."""
FILTER = 8
"""Cycles in which one channel of one filter is read and goes through all points."""
SUMS = 768 * 1024
"""Bytes of the sums of a job: a share of the L2 cache."""


class Fused(Convolution):
    """One convolution of a number of images."""

    def run(
        self,
        x: np.ndarray,
        weight: np.ndarray,
        source: Source,
        bias: np.ndarray,
        y: np.ndarray,
        images: int,
        other: np.ndarray | None = None,
    ) -> None:
        """Convolve all images of flat x with the filters in flat `weight` into flat y."""
        g = self.geometry
        tiles = images * g.tiles_h * g.tiles_w
        threads, blocks = get_num_threads(), -(-tiles // g.rows)
        sums = POINTS * blocks * g.rows * g.columns * x.itemsize
        parts = min(g.panels, max(threads, -(-g.panels * sums // SUMS)))
        cuts = max(1, min(threads // parts, blocks // 2))
        steps = constant(np.array([source.filter, source.channel, source.starts[0]]))
        _forward(parts * cuts, 2.0 * POINTS * tiles * g.channels * g.filters,
            g, x, weight, bias, bias if other is None else other, y, tiles, steps, parts, cuts,
            self.streams(y),
        )  # fmt: skip


def cycles(tiles: int, taps: tuple[int, int], channels: int, filters: int, dtype: np.dtype) -> float:
    """The estimated time of one thread that does it all, or infinity for too many tiles or other taps."""
    if tiles > TILES or taps != (TAPS, TAPS):
        return math.inf
    rows = -(-tiles // ROWS) * ROWS
    products = POINTS * rows * channels * filters / machine.lanes(dtype) / machine.PORTS
    return products + TRANSFORM * tiles * (2 * channels + filters) + FILTER * channels * filters


@lru_cache(maxsize=1024)
def plan(
    p: Problem, place: Place, relu: bool, vectors: int | None = None, forms: tuple[Form, ...] = ()
) -> Fused:
    """Plan a convolution whose channels and filters fill vectors."""
    channels, filters = p.channels, p.filters
    lanes = machine.lanes(p.dtype)
    tile = machine.tile(ROWS, filters, p.dtype, fixed=2 if filters % (2 * lanes) == 0 else 1)
    columns = tile.vectors * lanes
    sizes = {"channels": channels, "filters": filters, "panels": filters // columns, "relu": int(relu)}
    sizes |= sizes_of_stages(p, forms)
    geometry = Geometry(
        tile_sizes(p, place) | sizes, slice=SLICE, v_pitch=SLICE + lanes,
        u_pitch=SLICE * columns + lanes, columns=columns, rows=tile.rows, vectors=tile.vectors, lanes=lanes,
        **literals_of_stages(p, forms),
    )  # fmt: skip
    return Fused(geometry)


@inline
def _transform_filters(g, weight, at, filter_step, channel_step, adjacent, flip, count, taps, u, lane):
    """u[point, c, lane + k] = G w G^T of a vector of filters k and `count` channels, the first at weight[at].

    `flip`: the index in memory of tap 0, 8 where the filters are to be flipped. The taps are transposed
    first, as many channels at once as lie side by side: taps[c, tap, k].
    """
    for c in range(0, count, adjacent):
        run = min(adjacent, count - c) * 9
        for e in range(0, run, g.lanes):
            length = min(g.lanes, run - e)
            rows = load(weight, at + c * channel_step + e, filter_step, g.lanes, 1, g.lanes, length)
            store(transposed(rows), taps, (c * 9 + e) * g.lanes, g.lanes, g.lanes)
    for c in range(count):
        first, step = (c * 9 + flip) * g.lanes, g.lanes if flip == 0 else -g.lanes
        transform_filter(g, taps, first, TAPS * step, step, TAPS, TAPS, u, c * g.columns + lane, g.u_pitch)


@inline
def _products(g, v, u, m, tiles, count, panel, m_pitch, fresh):
    """m[point, tile, k] += sum over c of v[point, tile, c] * u[point, c, k]: the microkernel.

                      u[point, c]             one row of vectors
                      --------------------------
    v[point, tile,  c] |                        |
    v[point, tile+1,c] |  acc += v column * u row|     g.rows tiles, v_pitch apart
            ...        |                        |

    `tiles` is a multiple of g.rows, `count` the channels of the slice; tiles of m are m_pitch apart. `fresh`:
    m is overwritten, for there is no sum yet.
    """
    for point in range(POINTS):
        b = point * g.u_pitch
        for t in range(0, tiles, g.rows):
            a, to = (point * tiles + t) * g.v_pitch, (point * tiles + t) * m_pitch + panel * g.columns
            if fresh:
                acc = zero(v, g.rows, g.vectors, g.lanes)
            else:
                acc = load(m, to, m_pitch, g.rows, g.vectors, g.lanes, g.columns)
            for c in range(count):
                acc = fma(acc, v, a + c, g.v_pitch, u, b + c * g.columns, g.columns)
            store(acc, m, to, m_pitch, g.columns)


@kernel
def _forward(
    g, x, weight, bias, other, y, tiles, steps, parts, cuts, bypass, first, last
):  # fmt: skip
    """y[n, p, q, k] = bias[k] + A^T (sum over c of u * v) A, with u = G w G^T and v = B^T x B

    x (N, H, W, C), filters of 3x3 taps at weight[k * steps[0] + c * steps[1] + tap], from tap steps[2] on: 0,
    or 8 for flipped filters. bias (K,), y where g's `Place` says. Channels and filters fill whole
    vectors, stride and dilation are 1. Overwrites y. A job is one of `parts` of the panels, with one of
    `cuts` of the tiles of all images: `run` makes the parts so small that the sums stay in the L2 cache.
    """
    filter_step, channel_step, flip = steps[0], steps[1], steps[2]
    adjacent = g.channels if channel_step == TAPS * TAPS else 1  # channels whose taps lie side by side
    most = (tiles + cuts - 1) // cuts  # tiles of a job
    rounded = (most + g.rows - 1) // g.rows * g.rows
    m_pitch = (g.panels + parts - 1) // parts * g.columns + g.lanes
    v = scratch(POINTS * rounded * g.v_pitch, x)
    u = scratch(POINTS * g.u_pitch, x)
    m = scratch(POINTS * rounded * m_pitch, x)
    taps = scratch((g.slice * 9 + g.lanes) * g.lanes, x)
    half = scratch(POINTS * g.lanes, x)
    if tiles < rounded * cuts:
        v[:] = 0  # tiles that only fill the register tile
    for job in range(first, last):
        part = job // cuts
        panel0, panel1 = share(g.panels, parts, part)
        t0, t1 = share(tiles, cuts, job - part * cuts)
        for c0 in range(0, g.channels, g.slice):
            count = min(g.slice, g.channels - c0)
            transform_inputs(g, x, t0, t1 - t0, 0, 0, c0, c0 + count, half, v, rounded * g.v_pitch)
            for panel in range(panel0, panel1):
                for lane in range(0, g.columns, g.lanes):
                    at = (panel * g.columns + lane) * filter_step + c0 * channel_step
                    _transform_filters(
                        g, weight, at, filter_step, channel_step, adjacent, flip, count, taps, u, lane
                    )
                _products(g, v, u, m, rounded, count, panel - panel0, m_pitch, c0 == 0)
        k0, k1 = panel0 * g.columns, panel1 * g.columns
        for t in range(t1 - t0):
            transform_output(
                g, m, t * m_pitch - k0, rounded * m_pitch, k0, k1, half, bias, other, y, t0 + t, bypass
            )
