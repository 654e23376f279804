"""The weight gradient straight from memory: dy is not copied, x only where it is padded; dy is read once.

                      dy[n, p, q, k : k + columns]     one row of vectors, as it lies
                      ----------------------------
    x[..., r, s, c  ] |                          |
    x[..., r, s, c+1] |  acc += x column * dy row|     runs of neighbouring scalars
        ...           |                          |
                      ----------------------------

Of a first layer all taps and channels are in one tile, a run for each filter row; of a 1x1 convolution a
chunk of its channels. With so few multiply-adds for each gradient of an output, memory decides: while the
tile sums one block, it fetches the next one's dy (and x of a 1x1 convolution), in the order in which they lie
and at an even pace.
"""

import numpy as np

from fastconv.geometry import Axis

from ..engine import machine
from ..engine.jit import inline
from ..simd import fetch, fma_runs, load, store

PIXEL_BYTES = 2560
"""Most bytes of a pixel of x and one of dy: farther apart, they would share sets of the first-level cache."""

BLOCK_BYTES = 64 * 1024
"""Bytes of x and dy in a block of a 1x1 convolution: they stay near while the next block's are fetched."""


def whole_tile(elements: int, filters: int, dtype: np.dtype) -> machine.Tile | None:
    """The tile of all `elements` of a filter by as many filters as registers hold, in panels alike."""
    lanes = machine.lanes(dtype)
    most = (machine.vectors().registers - 1) // (elements + 1)
    if most == 0:
        return None
    wanted = -(-filters // lanes)
    return machine.Tile(elements, -(-wanted // -(-wanted // most)), lanes)


def fits(
    height: Axis, width: Axis, channels: int, filters: int, groups: int, gathered: int, dtype: np.dtype
) -> bool:
    """Whether a layer is 1x1, and its pixels lie close enough."""
    plain = groups == height.taps == width.taps == height.stride == width.stride == 1 and not gathered
    return plain and (channels + filters) * dtype.itemsize <= PIXEL_BYTES


@inline
def add_uncopied(g, x, x_at, x_image, x_next, dy, dy_at, dy_next, columns, images, outputs, sums, at):
    """Add one block of `images` x `outputs` rows of pixels to the sums of one panel: the microkernel."""
    step, down, pixels = g.stride_w * g.cell, g.stride_h * g.pitch, images * outputs * g.width
    for chunk in range(g.chunks):
        start, to = min(chunk * g.rows, g.line - g.rows), at + chunk * g.rows * g.columns
        acc = load(sums, to, g.columns, g.elements, g.vectors, g.lanes, g.columns)
        for n in range(images):
            for p in range(outputs):
                a, pixel = x_at + start + n * x_image + p * down, (n * outputs + p) * g.width
                b, done = dy_at + pixel * g.pixel_out, chunk * pixels + pixel
                for q in range(g.width):
                    for line in range(g.dy_lines):
                        fetch(dy, dy_next + (done + q) * g.dy_pace + line * g.lanes, 0)
                    if not g.joined:
                        fetch(x, x_next + (done + q) * g.x_pace, 0)
                    acc = fma_runs(
                        acc, x, a + q * step, g.dilation_h * g.pitch, dy, b + q * g.pixel_out, columns, g.rows
                    )
        store(acc, sums, to, g.columns, g.columns)
