"""The rows of x that a register tile reads: the input itself, or rows that are gathered from it.

Rows are gathered where x is padded (or, in a phase of a strided input gradient, cropped), and where the
pixels of x share too few sets of the L1 cache. Three distances say where elements lie:

    x_pixel      elements from a pixel of x to its neighbour, in memory
    pixel_pitch  the same in the rows that the tile reads: x_pixel, or more where pixels are gathered apart
    row_pitch    elements from one of these rows to the next
"""

from ..engine import machine
from ..engine.jit import inline
from ..simd import clear, copy, load, store
from ..window import reached
from .problem import Problem

ROWS_BYTES = 512 * 1024
"""Input rows that one job reads again and again, beside one panel of filters: a share of the L2 cache."""
SET_BYTES = 4096
"""Pixels a multiple of so many bytes apart share one set of the L1 cache, which holds fewer lines than a tile
has rows: such pixels are gathered one vector farther apart."""


def window(p: Problem) -> dict[str, int]:
    """The sizes that the forward pass and the weight gradient share: taps, steps, and the rows they read."""
    height, width, x_pixel = p.height, p.width, p.channels * p.groups
    shared = x_pixel * p.dtype.itemsize % SET_BYTES == 0
    gathered = shared or any((height.before, height.after, width.before, width.after))
    pixel_pitch = x_pixel + machine.lanes(p.dtype) if shared else x_pixel
    return {
        "taps_h": height.taps,
        "taps_w": width.taps,
        "stride_h": height.stride,
        "stride_w": width.stride,
        "dilation_h": height.dilation,
        "dilation_w": width.dilation,
        "outputs_w": width.outputs,
        "gathered": int(gathered),
        "x_pixel": x_pixel,
        "pixel_pitch": pixel_pitch,
        "row_pitch": (width.span if gathered else width.size) * pixel_pitch,
    }


@inline
def gather(g, x, rows, at, n, first, count):
    """rows[at + i * row_pitch + j * pixel_pitch + c] = x[n, first + i, j - left, c], zero outside of x.

    There are `count` rows i, and as many pixels j as a row of outputs reaches.
    """
    source, target = max(0, -g.left), max(0, g.left)
    span = g.row_pitch // g.pixel_pitch
    pixels = min(g.width - source, span - target)
    for i in range(count):
        row, to = first + i, at + i * g.row_pitch
        if row < 0 or row >= g.height or pixels <= 0:
            clear(rows, to, g.row_pitch)
            continue
        origin = ((n * g.height + row) * g.width + source) * g.x_pixel
        clear(rows, to, target * g.pixel_pitch)
        if g.pixel_pitch == g.x_pixel:
            copy(rows, to + target * g.pixel_pitch, x, origin, pixels * g.x_pixel)
        else:
            for j in range(pixels):
                copy(rows, to + (target + j) * g.pixel_pitch, x, origin + j * g.x_pixel, g.x_pixel)
        clear(rows, to + (target + pixels) * g.pixel_pitch, (span - target - pixels) * g.pixel_pitch)


@inline
def gather_chunks(g, x, group, chunks, at, chunk_step, n, first, count):
    """chunks[at + chunk * chunk_step + i * row_pitch + j * rows + e] = x[n, first + i, j - left, c + e]

    A chunk is g.rows neighbouring channels of the group, from c = chunk * rows; the last one is moved back to
    end with the channels. Of input rows only every gather_step_h-th is read, `count` of them, of pixels every
    gather_step_w-th: no tap meets the others. What lies outside of x is left as it is, for nobody reads it.
    """
    i0, i1 = reached(first, count, g.gather_step_h, g.height)
    j0, j1 = reached(-g.left, g.row_pitch // g.rows, g.gather_step_w, g.width)
    for i in range(i0, i1):
        for j in range(j0, j1):
            row, column = first + i * g.gather_step_h, j * g.gather_step_w - g.left
            pixel = (n * g.height + row) * g.width + column
            for chunk in range(g.chunks):
                c = group * g.channels + min(chunk * g.rows, g.channels - g.rows)
                elements = load(x, pixel * g.x_pixel + c, 0, 1, g.chunk_vectors, g.lanes, g.rows)
                store(elements, chunks, at + chunk * chunk_step + i * g.row_pitch + j * g.rows, 0, g.rows)
