"""Direct convolution on a register tile.

    y[n, p, q, k] = bias[k] + sum over r, s, c of x[n, p * stride + r * dilation - top,
                                                  q * stride + s * dilation - left, c] * w[r, s, c, k]

One tile holds `rows` neighbouring pixels q by `columns` filters k:

                     w[r, s, c, k : k + columns]     one row of vectors from the packed filters
                     ------------------------------
    x[q,     ..., c] |                            |
    x[q + 1, ..., c] |   acc += x column * w row  |  `rows` scalars, `stride * channels` apart
        ...          |                            |
                     ------------------------------

In a depthwise convolution a filter sees its own channel alone: each row of the tile is multiplied by the
filters' weights element by element, x[q, ..., k : k + columns] * w[r, s, k : k + columns].

The last tile of a row is the same tile moved back to end with the row, so there is one microkernel only; what
it computes twice has the same bits. Each y is one sum in the order r, s, c, wherever the work is cut.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import machine
from ..geometry import Geometry
from ..jit import get_num_threads, inline, kernel, share
from ..shape import Axis
from ..simd import clear, copy, fma, fma_rows, spread, store

ROWS_BYTES = 256 * 1024
"""Padded input rows that one job keeps at hand: a share of the second-level cache."""


class Place(NamedTuple):
    """Where outputs lie: index of the first, and steps from image to image, row to row, pixel to pixel."""

    first: int
    image: int
    row: int
    pixel: int


class Plan(NamedTuple):
    """One direct convolution of any number of images."""

    geometry: Geometry
    height: Axis
    width: Axis
    place: Place

    @property
    def packed_size(self) -> int:
        """Elements of the packed filters."""
        g = self.geometry
        return g.panels * g.taps_h * g.taps_w * g.channels * g.columns


def window(height: Axis, width: Axis, pixel: int) -> dict[str, int]:
    """What forward pass and weight gradient share: taps, steps, and the row pitch of the input they read.

    That is the input itself, or where it is padded (or, in a phase, cropped) rows gathered from it.
    """
    padded = any((height.before, height.after, width.before, width.after))
    return {
        "taps_h": height.taps,
        "taps_w": width.taps,
        "stride_h": height.stride,
        "stride_w": width.stride,
        "dilation_h": height.dilation,
        "dilation_w": width.dilation,
        "width": width.outputs,
        "padded": int(padded),
        "pitch": (width.span if padded else width.size) * pixel,
    }


@lru_cache(maxsize=1024)
def plan(
    height: Axis, width: Axis, channels: int, filters: int, groups: int, place: Place, dtype: np.dtype
) -> Plan:
    """Plan a convolution of `channels` to `filters`, both of one group; one to one in each is depthwise."""
    depthwise = groups > 1 and channels == filters == 1
    pixel, best_tile = channels * groups, machine.tile
    if depthwise:
        filters, groups, best_tile = groups, 1, machine.row_tile
    tile = best_tile(width.outputs, filters, dtype)
    columns = tile.vectors * tile.lanes
    blocks = -(-filters // columns)
    geometry = Geometry(
        depthwise=int(depthwise),
        channels=channels,
        pixel=pixel,
        filters=filters,
        blocks=blocks,
        panels=groups * blocks,
        **window(height, width, pixel),
        step=place.pixel,
        partial=int(filters % columns != 0),
        columns=columns,
        rows=tile.rows,
        vectors=tile.vectors,
        lanes=tile.lanes,
    )
    return Plan(geometry, height, width, place)


@lru_cache(maxsize=1024)
def _cut(p: Plan, images: int, itemsize: int, threads: int) -> tuple[int, int, int]:
    """Rows of a job, row blocks of an image, and parts into which the panels of a job are cut."""
    outputs = p.height.outputs
    halo = p.height.reach - p.height.stride
    fit = max(1, (ROWS_BYTES // (p.geometry.pitch * itemsize) - halo) // p.height.stride)
    rows = min(outputs, fit)
    if images * -(-outputs // rows) < 2 * threads:
        rows = max(1, min(rows, outputs * images // (2 * threads)))
    blocks = -(-outputs // rows)
    parts = min(p.geometry.panels, -(-2 * threads // (images * blocks)))
    return rows, blocks, parts


def run(p: Plan, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, y: np.ndarray, images: int) -> None:
    """Convolve all images of flat x into flat y."""
    g, h, w = p.geometry, p.height, p.width
    rows, blocks, parts = _cut(p, images, x.itemsize, get_num_threads())
    work = 2.0 * images * h.outputs * w.outputs * g.panels * g.columns * g.taps_h * g.taps_w * g.channels
    sizes = (h.size, w.size, h.before, w.before, h.outputs)
    _forward(images * blocks * parts, work,
        g, x, packed, bias, y, *sizes, *p.place[:3], rows, blocks, parts,
    )  # fmt: skip


@inline
def gather(x, rows, at, n, first, count, height, width, left, pixel, pitch):
    """rows[at:] = `count` input rows of image n from row `first`, zero where there is no input.

    A row of x has `width` pixels of `pixel` elements; a gathered row begins `left` pixels before it and has
    `pitch` elements.
    """
    source, target = max(0, -left) * pixel, max(0, left) * pixel
    line = min(width * pixel - source, pitch - target)
    for i in range(count):
        row, to = first + i, at + i * pitch
        if row < 0 or row >= height or line <= 0:
            clear(rows, to, pitch)
        else:
            clear(rows, to, target)
            copy(rows, to + target, x, (n * height + row) * width * pixel + source, line)
            clear(rows, to + target + line, pitch - target - line)


@inline
def _output_tile(g, x, x_at, packed, w_at, bias, bias_at, y, y_at, columns):
    """`rows` pixels by `columns` filters: the microkernel."""
    acc = spread(bias, bias_at, g.rows, g.vectors, g.lanes)
    for r in range(g.taps_h):
        for s in range(g.taps_w):
            a = x_at + r * g.dilation_h * g.pitch + s * g.dilation_w * g.pixel
            b = w_at + (r * g.taps_w + s) * g.channels * g.columns
            for c in range(g.channels):
                if g.depthwise:
                    acc = fma_rows(acc, x, a, g.stride_w * g.pixel, packed, b, columns)
                else:
                    acc = fma(acc, x, a + c, g.stride_w * g.pixel, packed, b + c * g.columns, g.columns)
    store(acc, y, y_at, g.step, columns)


@kernel
def _forward(
    g, x, packed, bias, y, height, width, top, left, outputs, y_first, y_image, y_row,
    job_rows, blocks, parts, first, last,
):  # fmt: skip
    """A job is one block of output rows of one image, and one part of the filter panels."""
    reach = (g.taps_h - 1) * g.dilation_h + 1
    rows = np.empty(((job_rows - 1) * g.stride_h + reach) * g.pitch if g.padded else 0, x.dtype)
    for job in range(first, last):
        image_block = job // parts
        part = job - image_block * parts
        n = image_block // blocks
        p0 = (image_block - n * blocks) * job_rows
        p1 = min(p0 + job_rows, outputs)
        source, start = x, (n * height + p0 * g.stride_h) * g.pitch
        if g.padded:
            count = (p1 - p0 - 1) * g.stride_h + reach
            gather(x, rows, 0, n, p0 * g.stride_h - top, count, height, width, left, g.pixel, g.pitch)
            source, start = rows, 0
        for panel in range(*share(g.panels, parts, part)):
            group = panel // g.blocks
            k = (panel - group * g.blocks) * g.columns
            columns = min(g.columns, g.filters - k) if g.partial else g.columns
            w_at = panel * g.taps_h * g.taps_w * g.channels * g.columns
            for p in range(p0, p1):
                x_row = start + (p - p0) * g.stride_h * g.pitch + (k if g.depthwise else group * g.channels)
                y_at = y_first + n * y_image + p * y_row + group * g.filters + k
                for tile in range(0, g.width, g.rows):
                    q = min(tile, g.width - g.rows)
                    _output_tile(
                        g, source, x_row + q * g.stride_w * g.pixel, packed, w_at, bias, panel * g.columns,
                        y, y_at + q * g.step, columns,
                    )  # fmt: skip
