"""The weight gradient of a convolution, on a register tile.

    dw[r, s, c, k] = sum over n, p, q of x[n, p * stride + r * dilation - top,
                                           q * stride + s * dilation - left, c] * dy[n, p, q, k]

One tile holds `rows` neighbouring elements of a run by `columns` filters k, and sums over the pixels of a
block:

                  dy[n, p, q, k : k + columns]      one row of vectors
                  ----------------------------
    x[..., i    ] |                          |
    x[..., i + 1] |  acc += x column * dy row |     `rows` neighbouring scalars
        ...       |                          |
                  ----------------------------

A run is what lies side by side in the padded input: the channels of one pixel, or, if these are few, the
channels of all taps s of a filter row (`joined`). A chunk is `rows` elements of a run, what one tile takes.
First layers and 1x1 convolutions are summed without a copy of dy (`uncopied.py`). For all others the dy of a
block is packed, its pixels side by side; if channels are many, x is packed too, chunk by chunk. The order of
a sum depends on shapes alone: the blocks of images and rows are dealt to a fixed number of parts, each part
sums its blocks in order, and the parts are added in order.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from fastconv.geometry import Axis

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import get_num_threads, inline, kernel, share
from ..memory.buffers import empty, scratch
from ..simd import fma, load, store
from ..window import reached
from .gather import ROWS_BYTES, gather, gather_chunks, window
from .plan import Plan, geometry, run_time_sizes
from .problem import Problem
from .uncopied import BLOCK_BYTES, add_uncopied, is_joined, whole_tile
from .unpack import unpack

PARTS = 16
"""Most parts of the sum over images and rows: more threads than that share panels."""
PIXELS = 128
"""Output pixels of a block, at least: what a tile in registers sums between its load and its store."""
PART_WORK = 2048
"""Output pixels of a part, at least: to zero and add it must not cost more than it saves."""
SUMS_BYTES = 64 << 20
"""Most bytes of the sums of all parts."""


@dataclass(eq=False)
class DirectWeight(Plan):
    """The weight gradient of any number of images."""

    unpacking: Geometry

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C / groups, kH, kW), from flat x and dy."""
        g, cut = self.geometry, _cut(self.geometry, images, x.itemsize)
        sums = empty((cut.parts * g.panels * _sum_size(g),), x.dtype)
        splits = min(g.panels, -(-get_num_threads() // cut.parts))
        work = 2.0 * images * self.pixels * sums.size / cut.parts
        _sum(cut.parts * splits, work, g, x, dy, sums, images, *cut, splits)
        return unpack(self.unpacking, sums, cut.parts, _sum_size(g))


@lru_cache(maxsize=1024)
def plan(p: Problem, uncopied: bool = False) -> DirectWeight:
    """Plan the weight gradient of any convolution; `uncopied`: without a copy of dy (`uncopied.fits`)."""
    lanes, joined = machine.lanes(p.dtype), is_joined(p)
    one_tile = whole_tile(p) if uncopied else None
    run = p.channels * p.width.taps if joined else p.channels
    tile = one_tile or machine.tile(run, p.filters, p.dtype)
    rows, columns = run if one_tile else tile.rows, tile.vectors * tile.lanes
    chunks, blocks = -(-run // rows), -(-p.filters // columns)
    shared = window(p) | {"gather_step_h": 1, "gather_step_w": 1}
    if not joined and not uncopied:
        shared |= _chunked(p.height, p.width, rows)
    dy_pace = -(-min(columns, p.filters) // chunks)
    sizes = {
        "channels": p.channels,
        "filters": p.filters,
        "dy_pixel": p.filters * p.groups,
        "groups": p.groups,
        "blocks": blocks,
        "panels": p.groups * blocks,
        "run": run,
        "runs": 1 if joined else p.width.taps,
        "chunks": chunks,
        "x_pace": -(-rows // blocks),
        "dy_pace": dy_pace,
        **shared,
    }
    literals = {
        "joined": int(joined), "uncopied": int(uncopied), "partial": int(p.filters % columns > 0),
        "chunk_vectors": -(-rows // lanes), "elements": tile.rows, "rows": rows,
        "columns": columns, "vectors": tile.vectors, "lanes": lanes,
        "dy_lines": -(-dy_pace // lanes) if uncopied else 0,
    }  # fmt: skip
    if joined:
        literals |= sizes
    unpacking = Geometry({**sizes, "joined": int(joined), "columns": columns, "rows": rows}, lanes=lanes)
    return DirectWeight(geometry(run_time_sizes(p) | sizes, literals), unpacking)


def _chunked(height: Axis, width: Axis, rows: int) -> dict[str, int]:
    """The sizes of a window whose x is packed in chunks, without the rows and pixels that no tap reads.

    With one tap along an axis, these are all between one multiple of the stride and the next.
    """
    step_h, step_w = (axis.stride if axis.taps == 1 else 1 for axis in (height, width))
    return {
        "gather_step_h": step_h, "stride_h": height.stride // step_h,
        "gather_step_w": step_w, "stride_w": width.stride // step_w,
        "gathered": 1, "pixel_pitch": rows, "row_pitch": -(-width.span // step_w) * rows,
    }  # fmt: skip


def _sum_size(g: Geometry) -> int:
    """Elements of one panel of one part's sum."""
    return g.taps_h * g.runs * g.chunks * g.rows * g.columns


class Cut(NamedTuple):
    """How the sum is cut: images and output rows of a block, blocks, and parts."""

    block_images: int
    block_rows: int
    blocks: int
    parts: int


@lru_cache(maxsize=1024)
def _cut(g: Geometry, images: int, itemsize: int) -> Cut:
    """By shape alone, never by threads, for the order of the sum depends on it."""
    outputs = g.outputs_h
    reach = (g.taps_h - 1) * g.dilation_h + 1
    row, room = g.row_pitch * itemsize * (1 if g.joined else g.chunks * g.groups), ROWS_BYTES
    if g.uncopied and not g.joined:
        row, room = g.outputs_w * (g.x_pixel + g.dy_pixel) * itemsize, BLOCK_BYTES
    fit = max(1, (room // row - (reach - g.stride_h)) // g.stride_h)
    rows = min(outputs, max(1, min(fit, -(-PIXELS // g.outputs_w))))
    rows = -(-outputs // -(-outputs // rows))
    block_images = 1
    if rows == outputs:
        block_images = min(images, max(1, fit // outputs), max(1, PIXELS // (outputs * g.outputs_w)))
    blocks = -(-images // block_images) * -(-outputs // rows)
    worth = images * outputs * g.outputs_w // PART_WORK
    most = SUMS_BYTES // (g.panels * _sum_size(g) * itemsize)
    parts = max(1, min(PARTS, blocks, worth, most))
    return Cut(
        block_images, rows, blocks, machine.power_of_two(parts)
    )  # which most numbers of threads divide


@inline
def _pack_gradient(g, dy, at, packed, images, pixels, columns):
    """packed[n, pixel, j] = dy[n, pixel, k + j], zero from j = `columns` on; dy[at] is the first of them.

    dy has outputs_h * outputs_w pixels an image, of which the first `pixels` of `images` images are packed.
    """
    image = g.outputs_h * g.outputs_w * g.dy_pixel
    for n in range(images):
        for pixel in range(pixels):
            row = load(dy, at + n * image + pixel * g.dy_pixel, 0, 1, g.vectors, g.lanes, columns)
            store(row, packed, (n * pixels + pixel) * g.columns, 0, g.columns)


@inline
def _add_block(g, x, x_at, x_image, chunk_step, row, dy, images, outputs, sums, at):
    """sums[r, run, chunk, i, j] += sum over the block's n, p, q of x[..., r, run, chunk, i] * dy[n, p, q, j]

    The microkernel: a tile of i < rows by j < columns for each chunk of each filter row (and tap s, if runs
    are not joined), in registers for the whole block of `images` x `outputs` rows of pixels. x begins at
    input row `row`: images are x_image apart, chunks chunk_step; dy is packed, sums dense from `at`. Pixels
    whose tap lies in the padding are left out (joined runs are padded with zeros along a row).
    """
    down, right = g.stride_h * g.gather_step_h, g.stride_w * g.gather_step_w
    for chunk in range(g.chunks):
        start = min(chunk * g.rows, g.run - g.rows) if g.joined else chunk * chunk_step
        for r in range(g.taps_h):
            p0, p1 = reached(row + r * g.dilation_h * g.gather_step_h, outputs, down, g.height)
            for s in range(g.runs):
                q0, q1 = 0, g.outputs_w
                if not g.joined:
                    first = s * g.dilation_w * g.gather_step_w - g.left
                    q0, q1 = reached(first, g.outputs_w, right, g.width)
                to = at + ((r * g.runs + s) * g.chunks + chunk) * g.rows * g.columns
                acc = load(sums, to, g.columns, g.rows, g.vectors, g.lanes, g.columns)
                for n in range(images):
                    for p in range(p0, p1):
                        a = x_at + n * x_image + (p * g.stride_h + r * g.dilation_h) * g.row_pitch
                        a += s * g.dilation_w * g.pixel_pitch + start
                        b = (n * outputs + p) * g.outputs_w * g.columns
                        for q in range(q0, q1):
                            x_q = a + q * g.stride_w * g.pixel_pitch
                            acc = fma(acc, x, x_q, 1, dy, b + q * g.columns, g.columns)
                store(acc, sums, to, g.columns, g.columns)


@kernel
def _sum(
    g, x, dy, sums, images, block_images, block_rows, blocks, parts, splits, first, last
):  # fmt: skip
    """sums[part, panel, r, run, chunk, i, j] = sum over the part's n, p, q of x[...] * dy[n, p, q, k]

    x (N, H, W, C) and dy (N, P, Q, K) of all groups; i and j are the element of the chunk and the filter of
    the panel. Any sizes. Overwrites sums: a part is cleared first, then its blocks are added in order. Of
    `blocks` in all, each has block_images images and block_rows output rows. A job is one of `parts` (`_cut`:
    by shape alone) and one of `splits` of the panels (as many as threads are left for).
    """
    reach = (g.taps_h - 1) * g.dilation_h + 1
    x_image = ((block_rows - 1) * g.stride_h + reach) * g.row_pitch if g.gathered else g.height * g.row_pitch
    chunk_step = block_images * x_image
    gathered = scratch(chunk_step * (1 if g.joined else g.chunks) + g.lanes if g.gathered else 0, x)
    packed = scratch(0 if g.uncopied else block_images * block_rows * g.outputs_w * g.columns, x)
    row_blocks = (g.outputs_h + block_rows - 1) // block_rows
    size = g.taps_h * g.runs * g.chunks * g.rows * g.columns
    for job in range(first, last):
        part = job // splits
        panel0, panel1 = share(g.panels, splits, job - part * splits)
        sums[(part * g.panels + panel0) * size : (part * g.panels + panel1) * size] = 0
        for block in range(*share(blocks, parts, part)):
            n0 = block // row_blocks * block_images
            p0 = (block - block // row_blocks * row_blocks) * block_rows
            count, outputs = min(block_images, images - n0), min(block_rows, g.outputs_h - p0)
            row = p0 * g.stride_h * g.gather_step_h - g.top
            source, start = x, (n0 * g.height + p0 * g.stride_h) * g.row_pitch
            if g.gathered:
                source, start = gathered, 0
            for panel in range(panel0, panel1):
                group = panel // g.blocks
                k = (panel - group * g.blocks) * g.columns
                if panel == panel0 or (k == 0 and g.groups > 1):
                    input_rows = (outputs - 1) * g.stride_h + reach
                    for i in range(count if g.gathered else 0):
                        at, n = i * x_image, n0 + i
                        if g.joined:
                            gather(g, x, gathered, at, n, row, input_rows)
                        else:
                            gather_chunks(g, x, group, gathered, at, chunk_step, n, row, input_rows)
                columns = min(g.columns, g.filters - k) if g.partial else g.columns
                dy_at = (n0 * g.outputs_h + p0) * g.outputs_w * g.dy_pixel + group * g.filters + k
                to = (part * g.panels + panel) * size
                if g.uncopied:
                    pixels = count * outputs * g.outputs_w
                    x_next = start + pixels * (g.x_pixel + (panel - panel0) * g.chunks * g.x_pace)
                    dy_next = dy_at + pixels * g.filters + k * (pixels - 1)
                    add_uncopied(
                        g, source, start, x_image, x_next, dy, dy_at, dy_next, columns, count, outputs, sums,
                        to,
                    )  # fmt: skip
                    continue
                _pack_gradient(g, dy, dy_at, packed, count, outputs * g.outputs_w, columns)
                _add_block(
                    g, source, start, x_image, chunk_step, row, packed, count, outputs, sums, to
                )  # fmt: skip
