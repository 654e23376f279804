"""Convolution, ReLU and max pooling of 2x2 in one pass, and its gradients: for the first layer of a network.

    y[n, t, u, k] = max over r, s in (0, 1) of max(z[n, 2 t + r, 2 u + s, k], 0)

z is the convolution of `pixel_lanes`, to the bit. Two of its rows at a time lie in the cache; to memory go y
and the places of its maxima: 2 r + s of the first one, NOWHERE where y is not positive. From these and dy the
gradients make dz, again in the cache:

    dz[n, 2 t + r, 2 u + s, k] = dy[n, t, u, k] where 2 r + s is its place, else 0
"""

from functools import lru_cache

import numpy as np

from ..engine import machine
from ..engine.geometry import Geometry, vector
from ..engine.jit import inline, kernel, share
from ..memory.buffers import channels_last, constant, empty, empty_channels_last, plain, scratch
from ..reduce import CHUNK, column_sums
from ..simd import clear, full, load, positive, read, select, store, unwoven, wins, woven, write
from . import pixel_lanes, winograd
from .channel_lanes import ChannelLanes
from .forward import taps_of
from .pixel_lanes import PixelLanesWeight, add_block, row_tile
from .planes import block_at, input_rows, plane_sizes, split_input
from .problem import Problem, problem
from .table import FORWARD, WEIGHT, choose

NOWHERE = 4
"""The place of a maximum that is not positive."""


def conv2d_pooled(input, weight, bias=None, stride=1, padding=0, dilation=1):
    """y and the places of its maxima, in its type; of a convolution that is `poolable`.

    input (N, C, H, W), weight (K, C, kH, kW), bias (K,) to twice (N, K, P // 2, Q // 2), channels-last, of
    P x Q outputs of the convolution.
    """
    p = _problem(input.shape, weight.shape, stride, padding, dilation, input.dtype)
    plan, filters = _plan(p.any_batch), p.filters
    size = p.images, filters, p.height.outputs // 2, p.width.outputs // 2
    (line, y), (places, shown) = (empty_channels_last(size, input.dtype) for _ in range(2))
    if line.size:
        start = constant(np.zeros(filters, input.dtype)) if bias is None else plain(bias)
        plan.run(channels_last(input), weight.ravel(), taps_of(p), start, line, p.images, places)
    return y, shown


def conv2d_pooled_weight(input, weight_size, grad_output, places, stride=1, padding=0, dilation=1):
    """dw[k, c, r, s] = sum over n, p, q of x[n, c, p * stride + r * dilation - top, ...] * dz[n, k, p, q]

    input (N, C, H, W), weight_size (K, C, kH, kW), grad_output and places as `conv2d_pooled` gives y, to
    weight_size; the bits of `conv2d_weight`.
    """
    p = _problem(input.shape, tuple(weight_size), stride, padding, dilation, input.dtype)
    if not p.images:
        return np.zeros(weight_size, input.dtype)
    plan = _weight_plan(p.any_batch)
    x, dy, shown = (channels_last(array) for array in (input, grad_output, places))
    return plan.reduced(x, p.images, lambda *cut: _sum(*cut[:2], plan.geometry, x, dy, shown, *cut[2:]))


def conv2d_pooled_bias(grad_output, places, size):
    """db[k] = sum over n, p, q of dz[n, k, p, q], of P x Q = size; the bits of `conv2d_bias`."""
    (n, filters, pooled_h, pooled_w), (outputs_h, outputs_w) = grad_output.shape, size
    count = n * outputs_h * outputs_w
    chunks = max(1, -(-count // CHUNK))
    sums = empty((chunks, filters), grad_output.dtype)
    _chunk_sums(chunks, 8.0 * grad_output.size * 4, vector(grad_output.dtype),
        channels_last(grad_output), channels_last(places), sums.ravel(),
        filters, outputs_h, outputs_w, pooled_h, pooled_w, count,
    )  # fmt: skip
    return sums.reshape(filters) if chunks == 1 else column_sums(sums.ravel(), filters)


@lru_cache(maxsize=1024)
def poolable(size, weight_size, stride, padding, dilation, groups, dtype) -> bool:
    """Whether these kernels compute a convolution: where `pixel_lanes` does, in blocks of whole windows."""
    p = _problem(size, weight_size, stride, padding, dilation, dtype)
    if groups > 1 or any(choose(which, p).name != "pixel_lanes" for which in (FORWARD, WEIGHT)):
        return False
    sizes = plane_sizes(p, machine.lanes(p.dtype))
    whole = sizes["blocks"] == 1 or sizes["block_rows"] % 2 == 0
    return whole and min(p.height.outputs, p.width.outputs) > 1


def _problem(size, weight_size, stride, padding, dilation, dtype) -> Problem:
    return problem(size, weight_size, stride, padding, dilation, 1, dtype, winograd.enabled())


class Pooled(ChannelLanes):
    """The forward pass of any number of images."""

    def convolve(
        self,
        x: np.ndarray,
        packed: np.ndarray,
        bias: np.ndarray,
        y: np.ndarray,
        images: int,
        other: np.ndarray,
    ) -> None:
        """Convolve and pool all images of flat x into flat y, the places into `other`."""
        g = self.geometry
        _forward(images * g.blocks, 2.0 * images * self.pixels * packed.size, g, x, packed, bias, y, other)


@lru_cache(maxsize=1024)
def _plan(p: Problem) -> Pooled:
    across = pixel_lanes.vectors_across(p)
    lanes = machine.lanes(p.dtype)
    geometry = Geometry(
        plane_sizes(p, across * lanes) | _pooled_sizes(p),
        **pixel_lanes.literals(p),
        panels=p.filters, columns=1, rows=p.filters, vectors=across, lanes=lanes,
    )  # fmt: skip
    return Pooled(geometry)


@lru_cache(maxsize=1024)
def _weight_plan(p: Problem) -> PixelLanesWeight:
    return PixelLanesWeight(pixel_lanes.weight_geometry(p, _pooled_sizes(p)))


def _pooled_sizes(p: Problem) -> dict[str, int]:
    """The maxima of an image, and the pitch of a row of outputs in whole pairs of vectors."""
    pair = 2 * machine.lanes(p.dtype)
    pooled_h, pooled_w = p.height.outputs // 2, p.width.outputs // 2
    return {"pooled_h": pooled_h, "pooled_w": pooled_w, "pitch": -(-p.width.outputs // pair) * pair}


@inline
def _pool(g, lines, halves, maxima, y, places, at):
    """y[at + u * filters + k] = the maximum of window u of two rows z, and its place in `places`

    lines[r, k, q] = max(z, 0), planes of filters whose rows are g.pitch wide. `halves` and `maxima` are room
    for the four taps of a vector of windows, and for the maxima and places of all filters.
    """
    none = full(lines.dtype.type(NOWHERE), g.lanes)
    for u in range(0, g.pooled_w, g.lanes):
        for k in range(g.filters):
            best, place = full(lines.dtype.type(-np.inf), g.lanes), none
            for r in range(2):
                pair = load(lines, (r * g.filters + k) * g.pitch + 2 * u, 0, 1, 2, g.lanes, 2 * g.lanes)
                store(unwoven(pair), halves, 0, g.lanes, g.lanes)
                for s in range(2):
                    value = read(halves, s * g.lanes, g.lanes, g.lanes)
                    better = wins(value, best)
                    best = select(better, value, best)
                    place = select(better, full(lines.dtype.type(2 * r + s), g.lanes), place)
            write(best, maxima, k * g.lanes, g.lanes)
            write(select(best > 0, place, NOWHERE), maxima, (g.filters + k) * g.lanes, g.lanes)
        count, to = min(g.lanes, g.pooled_w - u) * g.filters, at + u * g.filters
        store(woven(load(maxima, 0, g.lanes, g.filters, 1, g.lanes, g.lanes)), y, to, 0, count)
        size = g.filters * g.lanes
        store(woven(load(maxima, size, g.lanes, g.filters, 1, g.lanes, g.lanes)), places, to, 0, count)


@kernel
def _forward(g, x, packed, bias, y, places, first, last):
    """y[n, t, u, k] = max over r, s of max(z[n, 2 t + r, 2 u + s, k], 0), z the convolution of x; its place

    x (N, H, W, C), packed[k, r, s, c], bias (K,); overwrites y and places (N, P // 2, Q // 2, K), dense.
    Sizes as in `pixel_lanes`. A job is one block of output rows of one image, two at a time.
    """
    rows, columns = input_rows(g, g.block_rows), g.vectors * g.lanes
    planes, ones = scratch(g.channels * rows * g.row_pitch, x), scratch(columns, x)
    ones[:] = 1
    lines = scratch(2 * g.filters * g.pitch, x)
    halves, maxima = scratch(2 * g.lanes, x), scratch(2 * g.filters * g.lanes, x)
    for job in range(first, last):
        n, p0, p1 = block_at(g, job)
        split_input(g, x, planes, n, p0, p1, rows)
        for p in range(p0, p1 - 1, 2):
            for r in range(2):
                row = (p + r - p0) * g.stride_h * g.row_pitch
                for q in range(0, g.outputs_w, columns):
                    acc = row_tile(g, packed, bias, ones, planes, rows, row + q, columns)
                    to = r * g.filters * g.pitch + q
                    store(positive(acc), lines, to, g.pitch, min(columns, g.pitch - q))
            at = (n * g.pooled_h + p // 2) * g.pooled_w * g.filters
            _pool(g, lines, halves, maxima, y, places, at)


@inline
def _split_pooled(g, dy, places, slopes, pairs, dz_planes, n, p0, p1):
    """dz_planes[k, p - p0, q] = dz[n, p, q, k] of the rows p0 to p1, zero up to the next whole vector

    `slopes` and `pairs` are room for dy and places of a vector of windows, and for two columns of dz.
    """
    plane, size = g.block_rows * g.dy_pitch, g.filters * g.lanes
    for p in range(p0, p1, 2):
        at = (n * g.pooled_h + p // 2) * g.pooled_w * g.filters
        for q in range(0, g.dy_pitch, 2 * g.lanes):
            u = q // 2
            windows = max(0, min(g.lanes, g.pooled_w - u)) if p + 1 < g.outputs_h else 0
            count, to = windows * g.filters, at + u * g.filters
            store(unwoven(load(dy, to, 0, 1, g.filters, g.lanes, count)), slopes, 0, g.lanes, g.lanes)
            store(unwoven(load(places, to, 0, 1, g.filters, g.lanes, count)), slopes, size, g.lanes, g.lanes)
            for k in range(g.filters):
                slope = read(slopes, k * g.lanes, g.lanes, g.lanes)
                place = read(slopes, size + k * g.lanes, g.lanes, g.lanes)
                for r in range(min(2, p1 - p)):
                    for s in range(2):
                        won = place == dy.dtype.type(2 * r + s)
                        write(select(won, slope, 0), pairs, s * g.lanes, g.lanes)
                    pair = woven(load(pairs, 0, g.lanes, 2, 1, g.lanes, g.lanes))
                    row = k * plane + (p + r - p0) * g.dy_pitch + q
                    store(pair, dz_planes, row, 0, min(2 * g.lanes, g.dy_pitch - q))


@kernel
def _sum(g, x, dy, places, sums, blocks, parts, first, last):
    """sums[part, c, r, s, k, lane] = sum over the part's n, p, the lane's q of x[n, ..., c] * dz[n, p, q, k]

    x (N, H, W, C), dy and places (N, P // 2, Q // 2, K); overwrites sums. A job is one of `parts` of the
    `blocks` of rows of all images, as in `pixel_lanes`, to the bit.
    """
    rows = input_rows(g, g.block_rows)
    size = g.channels * g.taps_h * g.taps_w * g.filters * g.lanes
    planes = scratch(g.channels * rows * g.row_pitch, x)
    dz_planes = scratch(g.filters * g.block_rows * g.dy_pitch, x)
    slopes, pairs = scratch(2 * g.filters * g.lanes, x), scratch(2 * g.lanes, x)
    for part in range(first, last):
        clear(sums, part * size, size)
        for block in range(*share(blocks, parts, part)):
            n, p0, p1 = block_at(g, block)
            split_input(g, x, planes, n, p0, p1, rows)
            _split_pooled(g, dy, places, slopes, pairs, dz_planes, n, p0, p1)
            add_block(g, planes, rows, dz_planes, p1 - p0, sums, part * size)


@kernel
def _chunk_sums(g, dy, places, sums, filters, outputs_h, outputs_w, pooled_h, pooled_w, count, first, last):
    """sums[chunk, k] = sum of dz[i, k] over the pixels i of a chunk, in order

    dy and places (N, pooled_h, pooled_w, K); overwrites sums (chunks, K). A job is a chunk of CHUNK of the
    `count` pixels of z, or the last, fewer.
    """
    for chunk in range(first, last):
        pixel0, pixel1 = chunk * CHUNK, min((chunk + 1) * CHUNK, count)
        for k in range(0, filters, g.lanes):
            lanes = min(g.lanes, filters - k)
            acc = full(dy.dtype.type(0), g.lanes)
            pixel = pixel0
            while pixel < pixel1:
                row = pixel // outputs_w
                n, q = row // outputs_h, pixel - row * outputs_w
                p, end = row - n * outputs_h, min(outputs_w, q + pixel1 - pixel)
                pixel += end - q
                if p < 2 * pooled_h:
                    at = (n * pooled_h + p // 2) * pooled_w * filters + k
                    low = dy.dtype.type(p % 2 * 2)
                    while q < min(end, 2 * pooled_w):
                        i = at + q // 2 * filters
                        place = read(places, i, g.lanes, lanes)
                        left, right = place == low + q % 2, place == low + 1
                        step = min(2 - q % 2, end - q)
                        won = left | right if step == 2 else left
                        acc = acc + select(won, read(dy, i, g.lanes, lanes), 0)
                        q += step
            write(acc, sums, chunk * filters + k, lanes)
