"""The weight gradient of a convolution, on a register tile.

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

A line is what lies side by side in the padded input: the channels of one pixel, or, if these are few, the
channels of all taps s of a filter row (`joined`). First layers and 1x1 convolutions are summed without a copy
of dy (`uncopied.py`). Of all others the dy of a block lie side by side in a copy; if channels are many,
x does so too, cut into chunks of `rows` channels. The order of a sum depends on shapes alone: the blocks of
images and rows are dealt to a fixed number of parts, each part sums its blocks in order, and the parts are
added in order.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fastconv.geometry import Axis

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import get_num_threads, inline, kernel, share
from ..memory.buffers import empty, scratch
from ..simd import fma, load, store
from ..window import reached
from .direct import ROWS_BYTES, gather, window
from .plan import Plan
from .uncopied import BLOCK_BYTES, add_uncopied, fits, whole_tile
from .unpack import unpack

PARTS = 16
"""Most parts of the sum over images and rows: more threads than that share panels."""
PIXELS = 128
"""Output pixels of a block, at least: what a tile in registers sums between its load and its store."""


@dataclass(eq=False)
class DirectWeight(Plan):
    """The weight gradient of any number of images."""

    unpacking: Geometry

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C / groups, kH, kW), from flat x and dy."""
        g = self.geometry
        block_images, rows, blocks, parts = _cut(self, images, x.itemsize)
        sums = empty((parts * g.panels * _sum_size(g),), x.dtype)
        splits = min(g.panels, -(-get_num_threads() // parts))
        work = 2.0 * images * self.pixels * sums.size / parts
        _sum(parts * splits, work,
            g, x, dy, sums, images, *self.sizes[:5], block_images, rows, blocks, parts, splits,
        )  # fmt: skip
        return unpack(self.unpacking, sums, parts, _sum_size(g))


@lru_cache(maxsize=1024)
def plan(
    height: Axis, width: Axis, channels: int, filters: int, groups: int, dtype: np.dtype
) -> DirectWeight:
    """Plan the gradient of a convolution of `channels` to `filters`, both of one group."""
    pixel, lanes = channels * groups, machine.lanes(dtype)
    joined = groups == 1 and width.dilation == 1 and channels < lanes
    line = channels * width.taps if joined else channels
    whole = whole_tile(line * height.taps, filters, dtype) if joined else None
    tile = whole or machine.tile(line, filters, dtype)
    rows, columns = line if whole else tile.rows, tile.vectors * tile.lanes
    chunks, blocks = -(-line // rows), -(-filters // columns)
    shared = window(height, width, pixel, dtype) | {"skip_h": 1, "skip_w": 1}
    uncopied = bool(whole) or fits(height, width, channels, filters, groups, shared["gathered"], dtype)
    if not joined and not uncopied:  # gathered[chunk, row, pixel, i], without what no tap reads
        skip_h, skip_w = (axis.stride if axis.taps == 1 else 1 for axis in (height, width))
        shared |= {
            "skip_h": skip_h, "stride_h": height.stride // skip_h,
            "skip_w": skip_w, "stride_w": width.stride // skip_w,
            "gathered": 1, "cell": rows, "pitch": -(-width.span // skip_w) * rows,
        }  # fmt: skip
    dy_pace = -(-min(columns, filters) // chunks)
    sizes = {
        "channels": channels,
        "filters": filters,
        "pixel_out": filters * groups,
        "groups": groups,
        "blocks": blocks,
        "panels": groups * blocks,
        "line": line,
        "lines": 1 if joined else width.taps,
        "chunks": chunks,
        "x_pace": -(-rows // blocks),
        "dy_pace": dy_pace,
        **shared,
    }
    literals = {
        "joined": int(joined), "uncopied": int(uncopied), "partial": int(filters % columns > 0),
        "chunk_vectors": -(-rows // lanes), "elements": tile.rows, "rows": rows,
        "columns": columns, "vectors": tile.vectors, "lanes": lanes,
        "dy_lines": -(-dy_pace // lanes) if uncopied else 0,
    }  # fmt: skip
    geometry = Geometry(**sizes, **literals) if joined else Geometry(sizes, **literals)
    unpacking = Geometry({**sizes, "joined": int(joined), "columns": columns, "rows": rows}, lanes=lanes)
    return DirectWeight(geometry, height, width, unpacking)


def _sum_size(g: Geometry) -> int:
    """Elements of one panel of one part's sum."""
    return g.taps_h * g.lines * g.chunks * g.rows * g.columns


@lru_cache(maxsize=1024)
def _cut(p: DirectWeight, images: int, itemsize: int) -> tuple[int, int, int, int]:
    """Images of a block, output rows of a block, blocks, and parts: by shape alone, never by threads."""
    g, outputs = p.geometry, p.height.outputs
    halo = p.height.reach - g.stride_h
    row, room = g.pitch * itemsize * (1 if g.joined else g.chunks * g.groups), ROWS_BYTES
    if g.uncopied and not g.joined:
        row, room = g.width * (g.pixel + g.pixel_out) * itemsize, BLOCK_BYTES
    fit = max(1, (room // row - halo) // g.stride_h)
    rows = min(outputs, max(1, min(fit, -(-PIXELS // g.width))))
    rows = -(-outputs // -(-outputs // rows))
    block_images = 1
    if rows == outputs:
        block_images = min(images, max(1, fit // outputs), max(1, PIXELS // (outputs * g.width)))
    blocks = -(-images // block_images) * -(-outputs // rows)
    sums = g.panels * _sum_size(g)
    worth = images * outputs * g.width // 2048  # zeroing and adding a part must not cost more than it saves
    parts = max(1, min(PARTS, blocks, worth, (64 << 20) // (sums * itemsize)))
    return block_images, rows, blocks, machine.power_of_two(parts)  # which most numbers of threads divide


@inline
def _gather_chunks(g, x, group, chunked, at, chunk_step, n, first, count, height, width, left):
    """chunked[at + chunk * chunk_step + (row, pixel, i)] = x of a group, rows from `first` of image n.

    There are `count` rows. The last chunk is moved back to end with the channels. What lies in the padding is
    left as it is: nobody reads it.
    """
    i0, i1 = reached(first, count, g.skip_h, height)
    j0, j1 = reached(-left, g.pitch // g.rows, g.skip_w, width)
    for i in range(i0, i1):
        for j in range(j0, j1):
            pixel = (n * height + first + i * g.skip_h) * width + j * g.skip_w - left
            for chunk in range(g.chunks):
                c = group * g.channels + min(chunk * g.rows, g.channels - g.rows)
                some = load(x, pixel * g.pixel + c, 0, 1, g.chunk_vectors, g.lanes, g.rows)
                store(some, chunked, at + chunk * chunk_step + i * g.pitch + j * g.rows, 0, g.rows)


@inline
def _copy_gradient(g, dy, at, image, dense, images, pixels, columns):
    """dense[n, pixel, j] = dy[n, pixel, k + j], zero beyond the last filter."""
    for n in range(images):
        for pixel in range(pixels):
            row = load(dy, at + n * image + pixel * g.pixel_out, 0, 1, g.vectors, g.lanes, columns)
            store(row, dense, (n * pixels + pixel) * g.columns, 0, g.columns)


@inline
def _block(g, x, x_at, x_image, chunk_step, row, left, height, width, dy, images, outputs, sums, at):
    """Add one block of `images` x `outputs` rows of pixels to the sums of one panel: the microkernel.

    The block begins at input row `row`, its lines at pixel -`left`; pixels in the padding are left out.
    """
    step, down, right = g.stride_w * g.cell, g.stride_h * g.skip_h, g.stride_w * g.skip_w
    for chunk in range(g.chunks):
        start = min(chunk * g.rows, g.line - g.rows) if g.joined else chunk * chunk_step
        for r in range(g.taps_h):
            p0, p1 = reached(row + r * g.dilation_h * g.skip_h, outputs, down, height)
            for s in range(g.lines):
                q0, q1 = 0, g.width
                if not g.joined:
                    q0, q1 = reached(s * g.dilation_w * g.skip_w - left, g.width, right, width)
                to = at + ((r * g.lines + s) * g.chunks + chunk) * g.rows * g.columns
                acc = load(sums, to, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                for n in range(images):
                    for p in range(p0, p1):
                        a = x_at + n * x_image + (p * g.stride_h + r * g.dilation_h) * g.pitch
                        a += s * g.dilation_w * g.cell + start
                        b = (n * outputs + p) * g.width * g.columns
                        for q in range(q0, q1):
                            acc = fma(acc, x, a + q * step, 1, dy, b + q * g.columns, g.columns)
                store(acc, sums, to, g.columns, g.columns)


@kernel
def _sum(
    g, x, dy, sums, images, height, width, top, left, outputs, block_images, rows, blocks, parts, splits,
    first, last,
):  # fmt: skip
    """A job is one part of the blocks and one split of the panels."""
    reach = (g.taps_h - 1) * g.dilation_h + 1
    x_image = ((rows - 1) * g.stride_h + reach) * g.pitch if g.gathered else height * g.pitch
    chunk_step = block_images * x_image
    gathered = scratch(chunk_step * (1 if g.joined else g.chunks) + g.lanes if g.gathered else 0, x)
    dense = scratch(0 if g.uncopied else block_images * rows * g.width * g.columns, x)
    row_blocks = (outputs + rows - 1) // rows
    size = g.taps_h * g.lines * g.chunks * g.rows * g.columns
    for job in range(first, last):
        part = job // splits
        panel0, panel1 = share(g.panels, splits, job - part * splits)
        sums[(part * g.panels + panel0) * size : (part * g.panels + panel1) * size] = 0
        for block in range(*share(blocks, parts, part)):
            n0 = block // row_blocks * block_images
            p0 = (block - block // row_blocks * row_blocks) * rows
            count, tall = min(block_images, images - n0), min(rows, outputs - p0)
            row, lines = p0 * g.stride_h * g.skip_h - top, (tall - 1) * g.stride_h + reach
            source, start = x, (n0 * height + p0 * g.stride_h) * g.pitch
            if g.gathered:
                source, start = gathered, 0
            for panel in range(panel0, panel1):
                group = panel // g.blocks
                k = (panel - group * g.blocks) * g.columns
                if panel == panel0 or (k == 0 and g.groups > 1):
                    for i in range(count if g.gathered else 0):
                        at, n = i * x_image, n0 + i
                        if g.joined:
                            gather(g, x, gathered, at, n, row, lines, height, width, left)
                        else:
                            _gather_chunks(
                                g, x, group, gathered, at, chunk_step, n, row, lines, height, width, left
                            )
                columns = min(g.columns, g.filters - k) if g.partial else g.columns
                dy_at = (n0 * outputs + p0) * g.width * g.pixel_out + group * g.filters + k
                dy_image = outputs * g.width * g.pixel_out
                to = (part * g.panels + panel) * size
                if g.uncopied:
                    pixels = count * tall * g.width
                    x_next = start + pixels * (g.pixel + (panel - panel0) * g.chunks * g.x_pace)
                    dy_next = dy_at + pixels * g.filters + k * (pixels - 1)
                    add_uncopied(
                        g, source, start, x_image, x_next, dy, dy_at, dy_next, columns, count, tall, sums, to
                    )
                    continue
                _copy_gradient(g, dy, dy_at, dy_image, dense, count, tall * g.width, columns)
                _block(
                    g, source, start, x_image, chunk_step, row, left, height, width,
                    dense, count, tall, sums, to,
                )  # fmt: skip
