"""Pixels taken apart into planes, one for each channel or filter, so that lanes can run along the pixels.

The pixels of x become planes[c, i, j], whose rows are `row_pitch` apart and begin with the padding; those of
dy become dy_planes[k, p, q], whose rows are `dy_pitch` apart. Both belong to one block: `block_rows` output
rows of an image, or what is left of it.
"""

from ..engine.jit import inline
from ..simd import clear, load, store, unwoven
from .plan import Place, run_time_sizes
from .problem import Problem

ROWS = 32
"""Most output rows of a block."""


def plane_sizes(p: Problem, columns: int, place: Place | None = None) -> dict[str, int]:
    """The run-time sizes of planes for tiles that are `columns` pixels wide."""
    blocks = -(-p.height.outputs // ROWS)
    dy_pitch = -(-p.width.outputs // columns) * columns
    return run_time_sizes(p, place) | {
        "stride_h": p.height.stride, "dy_pitch": dy_pitch, "row_pitch": dy_pitch + p.width.reach - 1,
        "block_rows": -(-p.height.outputs // blocks), "blocks": blocks,
    }  # fmt: skip


@inline
def input_rows(g, rows):
    """The input rows that so many output rows reach."""
    return (rows - 1) * g.stride_h + (g.taps_h - 1) * g.dilation_h + 1


@inline
def block_at(g, block):
    """The image of a block, and its first and last (exclusive) output row."""
    n = block // g.blocks
    p0 = (block - n * g.blocks) * g.block_rows
    return n, p0, min(p0 + g.block_rows, g.outputs_h)


@inline
def split_input(g, x, planes, n, p0, p1, rows):
    """planes[c, i, j] = x[n, p0 * stride - top + i, j - left, c], zero outside of x; a plane has `rows` rows.

    The rows i are those that the output rows p0 to p1 reach.
    """
    source, target = max(0, -g.left), max(0, g.left)
    pixels = min(g.width - source, g.row_pitch - target)
    for i in range(input_rows(g, p1 - p0)):
        row, to = p0 * g.stride_h - g.top + i, i * g.row_pitch
        for c in range(g.channels):
            clear(planes, c * rows * g.row_pitch + to, g.row_pitch)
        if 0 <= row < g.height:
            at = ((n * g.height + row) * g.width + source) * g.channels
            for j in range(0, pixels, g.lanes):
                count = min(g.lanes, pixels - j)
                vectors = load(x, at + j * g.channels, 0, 1, g.channels, g.lanes, count * g.channels)
                store(unwoven(vectors), planes, to + target + j, rows * g.row_pitch, count)


@inline
def split_gradient(g, dy, dy_planes, n, p0, p1):
    """dy_planes[k, p - p0, q] = dy[n, p, q, k] of the rows p0 to p1, zero up to the next whole vector."""
    plane, at = g.block_rows * g.dy_pitch, (n * g.outputs_h + p0) * g.outputs_w * g.filters
    for p in range(p1 - p0):
        for q in range(0, g.outputs_w, g.lanes):
            elements = min(g.lanes, g.outputs_w - q) * g.filters
            vectors = load(dy, at + (p * g.outputs_w + q) * g.filters, 0, 1, g.filters, g.lanes, elements)
            store(unwoven(vectors), dy_planes, p * g.dy_pitch + q, plane, g.lanes)
