"""The weight and bias gradients of a convolution.

    dw[r, s, c, k] = sum over n, p, q of x[n, p * stride + r * dilation - top,
                                           q * stride + s * dilation - left, c] * dy[n, p, q, k]

One tile holds `rows` neighbouring elements of a line by `columns` filters k, and sums over the pixels of a
block:

                  dy[n, p, q, k : k + columns]      one row of vectors
                  ----------------------------
    x[..., i    ] |                          |
    x[..., i + 1] |  acc += x column * dy row |     `rows` neighbouring scalars
        ...       |                          |
                  ----------------------------

A line is what lies side by side in the padded input: the channels of one pixel, or, where taps are neighbours
too, the channels of all taps s of a filter row. In a depthwise convolution the rows of a tile are the taps of
a filter row, and each is multiplied by dy element by element. The order of a sum depends on shapes alone: the
blocks of images and rows are dealt to a fixed number of parts, each part sums its blocks in order, and the
parts are added in order.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import machine
from ..buffers import channels_last, empty
from ..geometry import Geometry
from ..jit import inline, kernel, share
from ..reduce import column_sums
from ..shape import Axis, axes
from ..simd import copy, fma, fma_rows, load, store
from . import depthwise, winograd
from .direct import ROWS_BYTES, gather, window
from .place import Place

CHANNELS = 8
"""Channels of one job that adds the parts: what it writes stays in the first-level cache."""
PARTS = 16
"""Most parts of the sum over images and rows: more threads than that share panels."""
PIXELS = 256
"""Output pixels of a block, at least: what a tile in registers sums between its load and its store."""


class Plan(NamedTuple):
    """The weight gradient of any number of images."""

    geometry: Geometry
    height: Axis
    width: Axis


@lru_cache(maxsize=1024)
def _plan(size, weight_shape, stride, padding, dilation, groups, dtype) -> Plan:
    height, width = axes(size, weight_shape, stride, padding, dilation)
    filters, channels = weight_shape[0] // groups, weight_shape[1]
    pixel, pixel_out = channels * groups, filters * groups
    depthwise = groups > 1 and channels == filters == 1
    if depthwise:
        filters, groups = groups, 1
    shared = window(height, width, pixel, dtype)
    joined = groups == 1 and (width.dilation == 1 or depthwise) and shared["cell"] == pixel
    line = channels * width.taps if joined else channels
    tile = (machine.row_tile if depthwise else machine.tile)(line, filters, dtype)
    columns = tile.vectors * tile.lanes
    blocks = -(-filters // columns)
    geometry = Geometry(
        depthwise=int(depthwise),
        channels=channels,
        filters=filters,
        pixel_out=pixel_out,
        blocks=blocks,
        panels=groups * blocks,
        **shared,
        line=line,
        joined=int(joined),
        lines=1 if joined else width.taps,
        chunks=-(-line // tile.rows),
        partial=int(filters % columns != 0),
        columns=columns,
        rows=tile.rows,
        vectors=tile.vectors,
        lanes=tile.lanes,
    )
    return Plan(geometry, height, width)


def _sum_size(g: Geometry) -> int:
    """Elements of one panel of one part's sum."""
    return g.taps_h * g.lines * g.chunks * g.rows * g.columns


@lru_cache(maxsize=1024)
def _cut(p: Plan, images: int, itemsize: int) -> tuple[int, int, int, int]:
    """Images of a block, output rows of a block, blocks, and parts: by shape alone, never by threads."""
    g, outputs = p.geometry, p.height.outputs
    halo = p.height.reach - p.height.stride
    fit = max(1, (ROWS_BYTES // (g.pitch * itemsize) - halo) // p.height.stride)
    rows = min(outputs, max(1, min(fit, -(-PIXELS // g.width))))
    together = 1
    if rows == outputs:
        together = min(images, max(1, fit // outputs), max(1, PIXELS // (outputs * g.width)))
    blocks = -(-images // together) * -(-outputs // rows)
    sums = g.panels * _sum_size(g)
    worth = images * outputs * g.width // 4096  # zeroing and adding a part must not cost more than it saves
    parts = max(1, min(PARTS, blocks, worth, (64 << 20) // (sums * itemsize)))
    return together, rows, blocks, parts


def conv2d_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """dw[k, c, r, s] = sum over n, p, q of x[n, c, p * stride + r * dilation - top, ...] * dy[n, k, p, q]

    input (N, C, H, W), weight_size (K, C / groups, kH, kW), grad_output (N, K, P, Q) to weight_size.
    """
    images = input.shape[0]
    height, width = axes(input.shape, weight_size, stride, padding, dilation)
    filters, channels = weight_size[:2]
    if images and depthwise.fits(channels, filters // groups, groups):
        p = depthwise.plan(height, width, groups, Place(0, 0, 0, 0), input.dtype)
        return p.weight_gradient(channels_last(input), channels_last(grad_output), images)
    if images and winograd.enabled():
        fast = winograd.weight_plan(images, height, width, channels, filters, groups, input.dtype)
        if fast is not None:
            return fast.run(channels_last(input), channels_last(grad_output), images)
    p = _plan(input.shape[1:], tuple(weight_size), stride, padding, dilation, groups, input.dtype)
    grad_weight = empty(tuple(weight_size), input.dtype) if images else np.zeros(weight_size, input.dtype)
    if images:
        g, h, w = p.geometry, p.height, p.width
        together, rows, blocks, parts = _cut(p, images, input.itemsize)
        sums = empty(parts * g.panels * _sum_size(g), input.dtype)
        work = 2.0 * images * h.outputs * w.outputs * grad_weight.size
        _sum(parts * g.panels, work, g, channels_last(input), channels_last(grad_output), sums,
            images, h.size, w.size, h.before, w.before, h.outputs, together, rows, blocks, parts,
        )  # fmt: skip
        _add(
            g.panels * -(-g.channels // CHANNELS), sums.size, sums, grad_weight.reshape(-1), parts, sums.size
            // parts, _sum_size(g), g.blocks, g.filters, g.columns, g.channels, g.taps_h, g.taps_w, g.joined,
            g.line, g.chunks, g.rows,
        )  # fmt: skip
    return grad_weight


@inline
def _block(g, x, x_at, x_image, dy, dy_at, dy_image, images, outputs, sums, at, columns):
    """Add one block of `images` x `outputs` rows of pixels to the sums of one panel: the microkernel."""
    step = g.stride_w * g.cell
    for r in range(g.taps_h):
        for s in range(g.lines):
            for chunk in range(g.chunks):
                start = min(chunk * g.rows, g.line - g.rows)
                to = at + ((r * g.lines + s) * g.chunks + chunk) * g.rows * g.columns
                acc = load(sums, to, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                for n in range(images):
                    for p in range(outputs):
                        a = x_at + n * x_image + (p * g.stride_h + r * g.dilation_h) * g.pitch
                        b = dy_at + n * dy_image + p * g.width * g.pixel_out
                        if g.depthwise:
                            a += start * g.dilation_w * g.cell
                        else:
                            a += s * g.dilation_w * g.cell + start
                        for q in range(g.width):
                            if g.depthwise:
                                row = g.dilation_w * g.cell
                                acc = fma_rows(acc, x, a + q * step, row, dy, b + q * g.pixel_out, columns)
                            else:
                                acc = fma(acc, x, a + q * step, 1, dy, b + q * g.pixel_out, columns)
                store(acc, sums, to, g.columns, g.columns)


@kernel
def _sum(
    g, x, dy, sums, images, height, width, top, left, outputs, together, rows, blocks, parts, first, last
):
    """A job is one part of the blocks and one panel of filters."""
    reach = (g.taps_h - 1) * g.dilation_h + 1
    most = (rows - 1) * g.stride_h + reach
    padded = np.empty(together * most * g.pitch if g.gathered else 0, x.dtype)
    row_blocks = (outputs + rows - 1) // rows
    size = g.taps_h * g.lines * g.chunks * g.rows * g.columns
    for job in range(first, last):
        part = job // g.panels
        panel = job - part * g.panels
        group = panel // g.blocks
        k = (panel - group * g.blocks) * g.columns
        columns = min(g.columns, g.filters - k) if g.partial else g.columns
        sums[job * size : (job + 1) * size] = 0
        for block in range(*share(blocks, parts, part)):
            n0 = block // row_blocks * together
            p0 = (block - block // row_blocks * row_blocks) * rows
            count, tall = min(together, images - n0), min(rows, outputs - p0)
            source, start, x_image = x, (n0 * height + p0 * g.stride_h) * g.pitch, height * g.pitch
            if g.gathered:
                source, start, x_image = padded, 0, most * g.pitch
                row, lines = p0 * g.stride_h - top, (tall - 1) * g.stride_h + reach
                for i in range(count):
                    gather(g, x, padded, i * x_image, n0 + i, row, lines, height, width, left)
            dy_at = (n0 * outputs + p0) * g.width * g.pixel_out + group * g.filters + k
            start += k if g.depthwise else group * g.channels
            _block(
                g, source, start, x_image, dy, dy_at, outputs * g.width * g.pixel_out, count, tall,
                sums, job * size, columns,
            )  # fmt: skip


@kernel
def _add(
    sums, grad_weight, parts, part_size, size, blocks, filters, columns, channels, taps_h, taps_w, joined,
    line, chunks, rows, first, last,
):  # fmt: skip
    """A job adds the parts of some channels of one panel, in order, and puts them into (K, C, kH, kW)."""
    lines, taps = 1 if joined else taps_w, taps_h * taps_w
    total = np.empty(CHANNELS * taps * columns, sums.dtype)
    runs = (channels + CHANNELS - 1) // CHANNELS
    for job in range(first, last):
        panel = job // runs
        c0 = (job - panel * runs) * CHANNELS
        deep = min(CHANNELS, channels - c0)
        group = panel // blocks
        k = (panel - group * blocks) * columns
        count = min(columns, filters - k)
        for tap in range(taps):
            r = tap // taps_w
            s = tap - r * taps_w
            for c in range(deep):
                place, i = (0, s * channels + c0 + c) if joined else (s, c0 + c)
                chunk = i // rows
                row = i - min(chunk * rows, line - rows)
                at = panel * size + (((r * lines + place) * chunks + chunk) * rows + row) * columns
                to = (c * taps + tap) * columns
                copy(total, to, sums, at, count)
                for part in range(1, parts):
                    for j in range(count):
                        total[to + j] += sums[at + part * part_size + j]
        for j in range(count):
            to = ((group * filters + k + j) * channels + c0) * taps
            for i in range(deep * taps):
                grad_weight[to + i] = total[i * columns + j]


def conv2d_bias(grad_output):
    """db[k] = sum over n, p, q of dy[n, k, p, q]; grad_output (N, K, P, Q) to (K,)."""
    return column_sums(channels_last(grad_output), grad_output.shape[1])
