"""The weight gradient without a copy of dy; x is copied only where it is padded; dy is read once.

                      dy[n, p, q, k : k + columns]     one row of vectors, as it lies in memory
                      ----------------------------
    x[..., r, s, c  ] |                          |
    x[..., r, s, c+1] |  acc += x column * dy row|     runs of neighbouring scalars
        ...           |                          |
                      ----------------------------

Of a first layer all taps and channels are in one tile, a run for each filter row; of a 1x1 convolution a
chunk of its channels. Each element of dy meets few multiply-adds here, so memory decides: while the tile sums
one block, it prefetches the dy of the next one (and x of a 1x1 convolution), in the order of memory, the same
number of elements with each pixel.
"""

from ..engine import machine
from ..engine.jit import inline
from ..simd import fetch, fma_runs, load, store
from .gather import window
from .problem import Problem

PIXEL_BYTES = 2560
"""Most bytes of a pixel of x and one of dy: farther apart, they would share sets of the L1 cache."""

BLOCK_BYTES = 64 * 1024
"""Bytes of x and dy in a block of a 1x1 convolution: it stays in the L2 cache while the next is fetched."""


def is_joined(p: Problem) -> bool:
    """Whether the channels are so few that those of all taps of a filter row are one run of neighbours."""
    return p.groups == 1 and p.width.dilation == 1 and p.channels < machine.lanes(p.dtype)


def whole_tile(p: Problem) -> machine.Tile | None:
    """The tile of all elements of a filter by as many filters as registers hold, in panels of one width."""
    lanes, elements = machine.lanes(p.dtype), p.channels * p.width.taps * p.height.taps
    most = (machine.vectors().registers - 1) // (elements + 1)
    if most == 0 or not is_joined(p):
        return None
    wanted = -(-p.filters // lanes)
    return machine.Tile(elements, -(-wanted // -(-wanted // most)), lanes)


def fits(p: Problem) -> bool:
    """Whether all taps are in one tile, or the layer is 1x1 and its pixels lie close enough."""
    plain = p.groups == p.height.taps == p.width.taps == p.height.stride == p.width.stride == 1
    near = (p.channels + p.filters) * p.dtype.itemsize <= PIXEL_BYTES
    return bool(whole_tile(p)) or (plain and near and not window(p)["gathered"])


@inline
def add_uncopied(g, x, x_at, x_image, x_next, dy, dy_at, dy_next, columns, images, outputs, sums, at):
    """sums[chunk, i, j] += sum over the block's n, p, q of x[n, p, q, chunk, i] * dy[n, p, q, j]

    The microkernel: a tile of all i of a chunk by j < columns, in registers for the whole block of `images` x
    `outputs` rows of pixels. x[x_at] is its first element, images x_image apart; dy[dy_at] likewise, dense;
    sums are dense from `at`. Runs of g.rows of the i are neighbours, dilation_h input rows apart. With each
    pixel of a chunk it fetches dy_pace elements of dy and x_pace of x, counted from dy_next and x_next.
    """
    pixels = images * outputs * g.outputs_w
    for chunk in range(g.chunks):
        start, to = min(chunk * g.rows, g.run - g.rows), at + chunk * g.rows * g.columns
        acc = load(sums, to, g.columns, g.elements, g.vectors, g.lanes, g.columns)
        for n in range(images):
            for p in range(outputs):
                a = x_at + start + n * x_image + p * g.stride_h * g.row_pitch
                pixel = (n * outputs + p) * g.outputs_w
                b, done = dy_at + pixel * g.dy_pixel, chunk * pixels + pixel
                for q in range(g.outputs_w):
                    for line in range(g.dy_lines):
                        fetch(dy, dy_next + (done + q) * g.dy_pace + line * g.lanes, 0)
                    if not g.joined:
                        fetch(x, x_next + (done + q) * g.x_pace, 0)
                    x_q, dy_q = a + q * g.stride_w * g.pixel_pitch, b + q * g.dy_pixel
                    acc = fma_runs(acc, x, x_q, g.dilation_h * g.row_pitch, dy, dy_q, columns, g.rows)
        store(acc, sums, to, g.columns, g.columns)
