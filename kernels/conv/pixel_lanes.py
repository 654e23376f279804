"""Convolution of few channels to few filters, and its weight gradient: the lanes run along the pixels.

    y[n, p, q, k] = bias[k] + sum over r, s, c of x[n, p + r * dilation - top, q + s * dilation - left, c]
                                                  * w[k, r, s, c]

Lanes along the filters would be empty for the most part. So the pixels of x are taken apart, into a plane for
each channel (`planes.py`), and a tile is all filters by some vectors of neighbouring pixels, which are woven
together where they are stored:

                   x[..., c, q : q + columns]     one row of vectors from a plane
                   --------------------------
    w[k,     ...] |                          |
    w[k + 1, ...] |  acc += w column * x row |
        ...       |                          |

    dw[k, r, s, c] = sum over n, p, q of dy[n, p, q, k] * x[n, p + r * dilation - top, ..., c]

Here dy is taken apart too: each accumulator holds partial sums of one tap and one filter. The blocks of rows
are dealt to a fixed number of parts, which are added in order.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from ..chain.finish import finish
from ..chain.stages import Form
from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel, share
from ..engine.machine import LATENCY, PORTS
from ..memory.buffers import empty, scratch
from ..simd import clear, dot, fma, load, positive, read, store, total, woven, zero
from .channel_lanes import ChannelLanes
from .plan import Place, Plan, literals_of_stages, sizes_of_stages
from .planes import block_at, input_rows, plane_sizes, split_gradient, split_input
from .problem import Problem

CHANNELS = 4
"""Most channels: each has a plane, and all their sums are short."""
UNWEAVE, WEAVE = 1.0, 0.45
"""Cycles in which an input is put into its plane, and in which an output is put into its pixel."""
PARTS = 16
"""Most parts of the weight gradient's sum over images and blocks of rows."""


class PixelLanes(ChannelLanes):
    """One convolution of any number of images."""

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
        _forward(images * g.blocks, 2.0 * images * self.pixels * packed.size, g, x, packed, bias, other, y)


class PixelLanesWeight(Plan):
    """The weight gradient of any number of images."""

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C, kH, kW), from flat x and dy."""
        return self.reduced(x, images, lambda *cut: _sum(*cut[:2], self.geometry, x, dy, *cut[2:]))

    def reduced(self, x: np.ndarray, images: int, add: Callable[..., None]) -> np.ndarray:
        """The gradient, of sums that add(parts, work, sums, blocks, parts) writes."""
        g, blocks = self.geometry, images * self.geometry.blocks
        parts = machine.power_of_two(min(PARTS, blocks))
        sums = empty((parts, g.channels * g.taps_h * g.taps_w * g.filters * g.lanes), x.dtype)
        work = 2.0 * images * self.pixels * sums[0].size / g.lanes
        add(parts, work, sums.ravel(), blocks, parts)
        gradient = empty((g.filters, g.channels, g.taps_h, g.taps_w), x.dtype)
        _unpack(g.filters, 8.0 * sums.size, g, sums.ravel(), gradient.ravel(), parts)
        return gradient


def fits(p: Problem) -> bool:
    """Whether a row of outputs takes less time with lanes along the pixels than along the filters."""
    lanes, outputs = machine.lanes(p.dtype), p.width.outputs
    elements = p.height.taps * p.width.taps * p.channels
    few = p.channels <= CHANNELS and 2 * p.filters <= lanes
    if not (few and p.whole and p.dense) or p.groups > 1 or p.width.stride > 1:
        return False
    sums = elements * max(p.filters * -(-outputs // lanes) / PORTS, LATENCY)
    weaving = outputs * (UNWEAVE * p.channels + WEAVE * p.filters)
    return sums + weaving < elements * outputs / PORTS


@lru_cache(maxsize=1024)
def plan(
    p: Problem, place: Place, relu: bool, vectors: int | None = None, forms: tuple[Form, ...] = ()
) -> PixelLanes:
    """Plan a convolution that `fits`."""
    lanes, across = machine.lanes(p.dtype), vectors_across(p)
    geometry = Geometry(
        plane_sizes(p, across * lanes, place) | sizes_of_stages(p, forms),
        **literals(p), **literals_of_stages(p, forms),
        panels=p.filters, columns=1, relu=int(relu), rows=p.filters, vectors=across, lanes=lanes,
    )  # fmt: skip
    return PixelLanes(geometry)


def vectors_across(p: Problem) -> int:
    """The vectors of pixels in a tile of all filters."""
    room = (machine.vectors().registers - 1) // (p.filters + 1)
    return min(-(-p.width.outputs // machine.lanes(p.dtype)), room)


@lru_cache(maxsize=1024)
def weight_plan(p: Problem) -> PixelLanesWeight:
    """Plan the weight gradient of a convolution that `fits`."""
    return PixelLanesWeight(weight_geometry(p, {}))


def weight_geometry(p: Problem, sizes: dict[str, int]) -> Geometry:
    """The geometry of a weight gradient, with further sizes.

    A tile is some taps of a filter row by some filters, numbers that divide them all: the largest tile that
    registers hold.
    """
    lanes, registers = machine.lanes(p.dtype), machine.vectors().registers
    taps = [r for r in range(1, p.width.taps + 1) if p.width.taps % r == 0]
    vectors = [v for v in range(1, p.filters + 1) if p.filters % v == 0]
    _, rows, across = max((r * v, r, v) for r in taps for v in vectors if r * v + v + 1 <= registers)
    return Geometry(
        plane_sizes(p, lanes) | sizes, **literals(p),
        rows=rows, vectors=across, lanes=lanes,
    )  # fmt: skip


def literals(p: Problem) -> dict[str, int]:
    """What the compiler knows of the sizes."""
    return {
        "channels": p.channels, "filters": p.filters, "taps_h": p.height.taps, "taps_w": p.width.taps,
        "dilation_h": p.height.dilation, "dilation_w": p.width.dilation,
    }  # fmt: skip


@inline
def row_tile(g, packed, bias, ones, planes, rows, at, columns):
    """acc[k, q] = bias[k] + sum over r, s, c of planes[c, r, q + s] * packed[k, r, s, c]: the microkernel.

    planes[c, r, q + s] = planes[at + (c * rows + r * dilation_h) * row_pitch + q + s * dilation_w]; `ones`
    are `columns` ones.
    """
    elements = g.taps_h * g.taps_w * g.channels
    acc = zero(planes, g.rows, g.vectors, g.lanes)
    acc = fma(acc, bias, 0, 1, ones, 0, columns)
    for r in range(g.taps_h):
        for s in range(g.taps_w):
            for c in range(g.channels):
                w = (r * g.taps_w + s) * g.channels + c
                x = at + (c * rows + r * g.dilation_h) * g.row_pitch + s * g.dilation_w
                acc = fma(acc, packed, w, elements, planes, x, columns)
    return acc


@kernel
def _forward(g, x, packed, bias, other, y, first, last):
    """y[n, p, q, k] = bias[k] + sum of x[n, p * stride + r * dilation - top, ..., c] * w[k, r, s, c]

    x (N, H, W, C), packed[k, r, s, c], bias (K,), y where g's `Place` says, its pixels neighbours. Stride 1
    along a row, at most CHANNELS channels, filters and vectors that registers hold; any image. Overwrites y,
    with max(y, 0) if g.relu. A job is one block of output rows of one image: it takes their input apart,
    then computes tiles of all filters by g.vectors vectors of pixels, and the stages of each row.
    """
    rows, columns = input_rows(g, g.block_rows), g.vectors * g.lanes
    planes, ones = scratch(g.channels * rows * g.row_pitch, x), scratch(columns, x)
    ones[:] = 1
    for job in range(first, last):
        n, p0, p1 = block_at(g, job)
        split_input(g, x, planes, n, p0, p1, rows)
        for p in range(p0, p1):
            row = (p - p0) * g.stride_h * g.row_pitch
            for q in range(0, g.outputs_w, columns):
                acc = row_tile(g, packed, bias, ones, planes, rows, row + q, columns)
                pixels = woven(positive(acc) if g.relu else acc)
                to = g.y_first + n * g.y_image + p * g.y_row + q * g.filters
                store(pixels, y, to, 0, min(columns, g.outputs_w - q) * g.filters)
            if g.stages:
                to = g.y_first + n * g.y_image + p * g.y_row
                finish(g, y, bias, 0, other, to, g.outputs_w, g.filters)


@inline
def add_block(g, planes, plane_rows, dy_planes, rows, sums, at):
    """sums[c, r, s, k, lane] += sum over p < rows and the q of a lane of x[c, p, q, r, s] * dy[k, p, q]

    The microkernel: a tile of g.rows taps s by g.vectors filters k, whose elements are vectors of partial
    sums, in registers for a whole block:

                          dy_planes[k, p, q : q + lanes]    a vector for each filter
                          ------------------
    planes[c, ..., s    ] |                |
    planes[c, ..., s + 1] | acc += x * dy  |                a vector for each tap, dilation_w apart
             ...          |                |

    A plane of x has plane_rows rows; sums are dense from `at`.
    """
    tap_size, columns, plane = g.filters * g.lanes, g.vectors * g.lanes, g.block_rows * g.dy_pitch
    for c in range(g.channels):
        for r in range(g.taps_h):
            first = (c * plane_rows + r * g.dilation_h) * g.row_pitch
            for s in range(0, g.taps_w, g.rows):
                for k in range(0, g.filters, g.vectors):
                    to = at + ((c * g.taps_h + r) * g.taps_w + s) * tap_size + k * g.lanes
                    acc = load(sums, to, tap_size, g.rows, g.vectors, g.lanes, columns)
                    for p in range(rows):
                        a = first + p * g.stride_h * g.row_pitch + s * g.dilation_w
                        b = k * plane + p * g.dy_pitch
                        for q in range(0, g.outputs_w, g.lanes):
                            acc = dot(acc, planes, a + q, g.dilation_w, dy_planes, b + q, plane, g.lanes)
                    store(acc, sums, to, tap_size, columns)


@kernel
def _sum(g, x, dy, sums, blocks, parts, first, last):
    """sums[part, c, r, s, k, lane] = sum over the part's n, p, the lane's q of x[n, ..., c] * dy[n, p, q, k]

    x (N, H, W, C), dy (N, P, Q, K); sizes as in `_forward`. Overwrites sums: a part is cleared first, then
    its blocks are added in order. A job is one of `parts` of the `blocks` of rows of all images; their number
    depends on shape alone.
    """
    rows = input_rows(g, g.block_rows)
    size = g.channels * g.taps_h * g.taps_w * g.filters * g.lanes
    planes = scratch(g.channels * rows * g.row_pitch, x)
    dy_planes = scratch(g.filters * g.block_rows * g.dy_pitch, x)
    for part in range(first, last):
        clear(sums, part * size, size)
        for block in range(*share(blocks, parts, part)):
            n, p0, p1 = block_at(g, block)
            split_input(g, x, planes, n, p0, p1, rows)
            split_gradient(g, dy, dy_planes, n, p0, p1)
            add_block(g, planes, rows, dy_planes, p1 - p0, sums, part * size)


@kernel
def _unpack(g, sums, gradient, parts, first, last):
    """dw[k, c, r, s] = sum over the parts, in order, then over the lanes of sums[part, c, r, s, k, lane]

    Overwrites the gradient (K, C, kH, kW), dense. A job is one filter.
    """
    elements = g.channels * g.taps_h * g.taps_w
    for k in range(first, last):
        for e in range(elements):
            lanes = read(sums, (e * g.filters + k) * g.lanes, g.lanes, g.lanes)
            for part in range(1, parts):
                at = ((part * elements + e) * g.filters + k) * g.lanes
                lanes = lanes + read(sums, at, g.lanes, g.lanes)
            gradient[k * elements + e] = total(lanes)
