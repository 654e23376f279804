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

The last tile of a row is the same tile moved back to end with the row, so there is one microkernel only; what
it computes twice has the same bits. Each y is one sum in the order r, s, c, wherever the work is cut. Rows of
filters that lie in the padding are left out.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from fastconv.geometry import Axis

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import get_num_threads, inline, kernel, share
from ..engine.machine import LATENCY, PORTS
from ..memory.buffers import streams
from ..simd import clear, copy, fetch, fma, opaque, positive, spread, stream
from ..window import reached
from .plan import Packed, Place

ROWS_BYTES = 512 * 1024
"""Input rows that one job keeps at hand, with one panel of filters: a share of the second-level cache."""
MANY_BYTES = 1024 * 1024
"""Filters of more bytes come from beyond that cache for each job: there a job takes four times the rows."""
UNROLLED = 5
"""With fewer channels all sizes are literals: sums are short, and the compiler unrolls their loops."""
WAY = 4096
"""Pixels a multiple of so many bytes apart share one set of the first-level cache, which holds fewer than a
tile has rows: they are gathered one vector farther apart."""


BYTES_A_CYCLE = 8
"""What a core copies, or reads from beyond its caches."""


class Direct(Packed):
    """One direct convolution of any number of images."""

    def convolve(
        self, x: np.ndarray, packed: np.ndarray, bias: np.ndarray, y: np.ndarray, images: int
    ) -> None:
        """Convolve all images of flat x into flat y."""
        cut, jobs = _cut(self, images, x.itemsize, get_num_threads())
        work = 2.0 * images * self.pixels * self.packed_size
        _forward(jobs, work,
            self.geometry, x, packed, bias, y, images, *self.sizes[:5], *self.place[:3], *cut,
            streams(y, self.geometry.filters),
        )  # fmt: skip


def window(height: Axis, width: Axis, pixel: int, dtype: np.dtype) -> dict[str, int]:
    """The sizes that forward pass and weight gradient share: taps, steps, the pitch of the input they read.

    That is the input itself, or where it is padded (or, in a phase, cropped) rows gathered from it.
    """
    shared = pixel * dtype.itemsize % WAY == 0
    gathered = shared or any((height.before, height.after, width.before, width.after))
    cell = pixel + machine.lanes(dtype) if shared else pixel
    return {
        "taps_h": height.taps,
        "taps_w": width.taps,
        "stride_h": height.stride,
        "stride_w": width.stride,
        "dilation_h": height.dilation,
        "dilation_w": width.dilation,
        "width": width.outputs,
        "gathered": int(gathered),
        "pixel": pixel,
        "cell": cell,
        "pitch": (width.span if gathered else width.size) * cell,
    }


@lru_cache(maxsize=1024)
def plan(
    height: Axis,
    width: Axis,
    channels: int,
    filters: int,
    groups: int,
    place: Place,
    relu: bool,
    dtype: np.dtype,
    vectors: int | None = None,
) -> Direct:
    """Plan a convolution of `channels` to `filters`, both of one group; `vectors`: those of a panel."""
    tile = machine.tile(width.outputs, filters, dtype, vectors)
    columns = tile.vectors * tile.lanes
    blocks = -(-filters // columns)
    sizes = {
        "channels": channels,
        "filters": filters,
        "blocks": blocks,
        "panels": groups * blocks,
        "y_step": place.pixel,
        **window(height, width, channels * groups, dtype),
    }
    literals = {
        "x_step": sizes["stride_w"] * sizes["cell"], "partial": int(filters % columns != 0),
        "columns": columns, "rows": tile.rows, "vectors": tile.vectors, "lanes": tile.lanes,
    }  # fmt: skip
    if channels < UNROLLED:
        sizes, literals = {}, sizes | literals
    geometry = Geometry(sizes | {"relu": int(relu)}, **literals)
    return Direct(geometry, height, width, place)


class Cut(NamedTuple):
    """How the work is dealt: images and output rows of a job, row blocks of an image, parts of the panels."""

    job_images: int
    rows: int
    blocks: int
    parts: int


@lru_cache(maxsize=1024)
def _cut(p: Direct, images: int, itemsize: int, threads: int) -> tuple[Cut, int]:
    """The cut of the shortest estimated time, and its jobs. No result depends on it: each y is one sum."""
    g, outputs = p.geometry, p.height.outputs
    panel = g.taps_h * g.taps_w * g.channels * g.columns
    line = -(-g.width // g.rows) * g.taps_h * g.taps_w * g.channels * max(g.rows * g.vectors / PORTS, LATENCY)

    def input_rows(rows: int) -> int:
        return (rows - 1) * p.height.stride + p.height.reach

    def jobs_of(cut: Cut) -> int:
        return -(-images // cut.job_images) * cut.blocks * cut.parts

    def cycles(cut: Cut) -> float:
        jobs = jobs_of(cut)
        panels = -(-g.panels // cut.parts)
        sums = cut.job_images * cut.rows * panels * line
        gathered = cut.job_images * input_rows(cut.rows) * g.pitch * itemsize / BYTES_A_CYCLE
        filters = panels * panel * itemsize / BYTES_A_CYCLE
        return -(-jobs // min(jobs, threads)) * (sums + gathered * g.gathered + filters)

    parts = {-(-g.panels // n) for n in range(1, g.panels + 1)}
    rows = {-(-outputs // n) for n in range(1, outputs + 1)}
    room = ROWS_BYTES * (4 if p.packed_size * itemsize > MANY_BYTES else 1)
    fitting = [r for r in rows if input_rows(r) * g.pitch * itemsize <= room] or [1]
    most = max(1, room // (input_rows(outputs) * g.pitch * itemsize))
    job_images = (
        {-(-images // n) for n in range(-(-images // most), images + 1)} if outputs in fitting else set()
    )
    cuts = [Cut(1, r, -(-outputs // r), n) for r in fitting for n in parts]
    cuts += [Cut(t, outputs, 1, n) for t in job_images for n in parts]
    best = min(cuts, key=lambda cut: (cycles(cut), cut))
    return best, jobs_of(best)


@inline
def gather(g, x, rows, at, n, first, count, height, width, left):
    """rows[at:] = `count` input rows of image n from row `first`, zero where there is no input.

    A row of x has `width` pixels of g.pixel elements; a gathered row begins `left` pixels before it, and its
    pixels are g.cell elements apart.
    """
    source, target = max(0, -left), max(0, left)
    span = g.pitch // g.cell
    line = min(width - source, span - target)
    for i in range(count):
        row, to = first + i, at + i * g.pitch
        if row < 0 or row >= height or line <= 0:
            clear(rows, to, g.pitch)
            continue
        origin = ((n * height + row) * width + source) * g.pixel
        clear(rows, to, target * g.cell)
        if g.cell == g.pixel:
            copy(rows, to + target * g.cell, x, origin, line * g.pixel)
        else:
            for j in range(line):
                copy(rows, to + (target + j) * g.cell, x, origin + j * g.pixel, g.pixel)
        clear(rows, to + (target + line) * g.cell, (span - target - line) * g.cell)


@inline
def _output_tile(g, x, x_at, packed, w_at, bias, bias_at, y, y_at, columns, bypass, r0, r1):
    """`rows` pixels by `columns` filters: the microkernel, over the rows r0 to r1 of the filters.

    It fetches the outputs and the next pixels.
    """
    acc = spread(bias, bias_at, g.rows, g.vectors, g.lanes, columns)
    for i in range(0 if bypass else g.rows):
        for j in range(g.vectors):
            fetch(y, y_at + i * g.y_step + j * g.lanes, 1)
    for r in range(r0, r1):
        for s in range(g.taps_w):
            a = x_at + r * g.dilation_h * g.pitch + s * g.dilation_w * g.cell
            if g.vectors > 1:  # else the taps of one channel share their pixels in registers, and these fit
                a = opaque(a)
            b = w_at + (r * g.taps_w + s) * g.channels * g.columns
            for c in range(g.channels):
                fetch(x, x_at + g.rows * g.x_step + c * g.lanes, 0)
                acc = fma(acc, x, a + c, g.x_step, packed, b + c * g.columns, g.columns)
    stream(positive(acc) if g.relu else acc, y, y_at, g.y_step, columns, bypass)


@kernel
def _forward(
    g, x, packed, bias, y, images, height, width, top, left, outputs, y_first, y_image, y_row,
    job_images, job_rows, blocks, parts, bypass, first, last,
):  # fmt: skip
    """A job is one block of output rows of some images, and one part of the filter panels."""
    reach = (g.taps_h - 1) * g.dilation_h + 1
    x_image = height * g.pitch
    if g.gathered:
        x_image = ((job_rows - 1) * g.stride_h + reach) * g.pitch
    rows = np.empty(job_images * x_image if g.gathered else 0, x.dtype)
    for job in range(first, last):
        block = job // parts
        n0 = block // blocks * job_images
        p0 = (block - block // blocks * blocks) * job_rows
        n1, p1 = min(n0 + job_images, images), min(p0 + job_rows, outputs)
        source, start = x, (n0 * height + p0 * g.stride_h) * g.pitch
        if g.gathered:
            source, start, count = rows, 0, (p1 - p0 - 1) * g.stride_h + reach
            for n in range(n0, n1):
                at = (n - n0) * x_image
                gather(g, x, rows, at, n, p0 * g.stride_h - top, count, height, width, left)
        for panel in range(*share(g.panels, parts, job - block * parts)):
            group = panel // g.blocks
            k = (panel - group * g.blocks) * g.columns
            columns = min(g.columns, g.filters - k) if g.partial else g.columns
            w_at = panel * g.taps_h * g.taps_w * g.channels * g.columns
            x_panel = start + group * g.channels
            for n in range(n0, n1):
                for p in range(p0, p1):
                    r0, r1 = 0, g.taps_h  # of few channels all, also on zeros: the compiler unrolls that
                    if g.channels >= UNROLLED:
                        r0, r1 = reached(p * g.stride_h - top, g.taps_h, g.dilation_h, height)
                    x_row = x_panel + (n - n0) * x_image + (p - p0) * g.stride_h * g.pitch
                    y_at = y_first + n * y_image + p * y_row + group * g.filters + k
                    for tile in range(0, g.width, g.rows):
                        q = min(tile, g.width - g.rows)
                        _output_tile(
                            g, source, x_row + q * g.x_step, packed, w_at, bias, group * g.filters + k,
                            y, y_at + q * g.y_step, columns, bypass, r0, r1,
                        )  # fmt: skip
