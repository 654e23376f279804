"""Direct convolution on a register tile: an implicit matrix product (implicit GEMM).

    y[n, p, q, k] = bias[k] + sum over r, s, c of x[n, p * stride + r * dilation - top,
                                                  q * stride + s * dilation - left, c] * w[r, s, c, k]

One tile holds `rows` neighbouring pixels q by `columns` filters k:

                     w[r, s, c, k : k + columns]     one row of vectors from the packed filters
                     ------------------------------
    x[q,     ..., c] |                            |
    x[q + 1, ..., c] |   acc += x column * w row  |  `rows` scalars, x_step apart
        ...          |                            |
                     ------------------------------

The last tile of a row is the same tile moved back to end with the row, so there is one microkernel only; what
it computes twice has the same bits. Each y is one sum in the order r, s, c, wherever the work is cut. Rows of
filters that lie in the padding are left out.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..chain.finish import finish
from ..chain.stages import Form
from ..engine import machine
from ..engine.geometry import GeometryType
from ..engine.jit import get_num_threads, inline, kernel, share
from ..engine.machine import LATENCY, PORTS
from ..simd import fetch, fma, opaque, positive, spread, stream
from ..window import reached
from .gather import ROWS_BYTES, gather, window
from .plan import Packed, Place, geometry, literals_of_stages, run_time_sizes, sizes_of_stages
from .problem import Problem

MANY_BYTES = 1024 * 1024
"""Filters of more bytes do not stay in the L2 cache from job to job. Each job reads all of them from farther
away, so it takes four times the rows, which makes the jobs fewer."""
UNROLLED = 5
"""With fewer channels all sizes of the loops are literals: sums are short, and the compiler unrolls them."""
HALVED = 64
"""Bytes of vectors from which the units of some CPUs have half their width."""
BYTES_A_CYCLE = 8
"""What a core copies, or reads from beyond its caches."""


class Direct(Packed):
    """One direct convolution of any number of images."""

    def convolve(
        self,
        x: np.ndarray,
        packed: np.ndarray,
        bias: np.ndarray,
        y: np.ndarray,
        images: int,
        other: np.ndarray,
    ) -> None:
        """Convolve all images of flat x into flat y."""
        cut, jobs = _cut(self, images, x.itemsize, get_num_threads())
        _forward(jobs, 2.0 * images * self.pixels * self.packed_size,
            self.geometry, x, packed, bias, other, y, images, *cut, self.streams(y),
        )  # fmt: skip


@lru_cache(maxsize=1024)
def plan(
    p: Problem, place: Place, relu: bool, vectors: int | None = None, forms: tuple[Form, ...] = ()
) -> Direct:
    """Plan any convolution; `vectors`: those of a panel, where other convolutions share its filters."""
    tile = _tile(p, vectors)
    columns = tile.vectors * tile.lanes
    blocks = -(-p.filters // columns)
    sizes = {
        "channels": p.channels,
        "filters": p.filters,
        "blocks": blocks,
        "panels": p.groups * blocks,
        "y_pixel": place.pixel,
        **window(p),
    }
    literals: dict[str, int | GeometryType] = {
        "x_step": sizes["stride_w"] * sizes["pixel_pitch"], "partial": int(p.filters % columns != 0),
        "columns": columns, "rows": tile.rows, "vectors": tile.vectors, "lanes": tile.lanes,
    }  # fmt: skip
    if p.channels < UNROLLED:
        literals |= sizes
    every = run_time_sizes(p, place) | sizes | {"relu": int(relu)} | sizes_of_stages(p, forms)
    of_stages = literals_of_stages(p, forms, sizes["panels"], tile.lanes)
    return Direct(geometry(every, literals | of_stages))


def _tile(p: Problem, vectors: int | None) -> machine.Tile:
    """The tile of the convolution, with `vectors` if given; of halved vectors, where these hold all filters.

    A CPU whose units have half the width of its vectors does two of them in the time of a whole one.
    """
    tile = machine.tile(p.width.outputs, p.filters, p.dtype, vectors)
    halved = machine.vectors().bytes >= HALVED and 2 * p.filters <= tile.lanes
    return tile._replace(lanes=tile.lanes // 2) if halved else tile


class Cut(NamedTuple):
    """How the work is dealt: images and output rows of a job, row blocks of an image, parts of the panels."""

    job_images: int
    rows: int
    blocks: int
    parts: int


@lru_cache(maxsize=1024)
def _cut(plan: Direct, images: int, itemsize: int, threads: int) -> tuple[Cut, int]:
    """The cut of the shortest estimated time, and its jobs. No result depends on it: each y is one sum."""
    g = plan.geometry
    panel = g.taps_h * g.taps_w * g.channels * g.columns
    fma_cycles = max(g.rows * g.vectors / PORTS, LATENCY)  # of one step of the tile
    row_cycles = -(-g.outputs_w // g.rows) * g.taps_h * g.taps_w * g.channels * fma_cycles

    def input_rows(rows: int) -> int:
        return (rows - 1) * g.stride_h + (g.taps_h - 1) * g.dilation_h + 1

    def jobs_of(cut: Cut) -> int:
        return -(-images // cut.job_images) * cut.blocks * cut.parts

    def cycles(cut: Cut) -> float:
        jobs = jobs_of(cut)
        panels = -(-g.panels // cut.parts)
        sums = cut.job_images * cut.rows * panels * row_cycles
        gathered = cut.job_images * input_rows(cut.rows) * g.row_pitch * itemsize / BYTES_A_CYCLE
        filters = panels * panel * itemsize / BYTES_A_CYCLE
        return -(-jobs // min(jobs, threads)) * (sums + gathered * g.gathered + filters)

    outputs = g.outputs_h
    parts = {-(-g.panels // n) for n in range(1, g.panels + 1)}
    rows = {-(-outputs // n) for n in range(1, outputs + 1)}
    room = ROWS_BYTES * (4 if plan.packed_size * itemsize > MANY_BYTES else 1)
    fitting = [r for r in rows if input_rows(r) * g.row_pitch * itemsize <= room] or [1]
    most = max(1, room // (input_rows(outputs) * g.row_pitch * itemsize))
    job_images = (
        {-(-images // n) for n in range(-(-images // most), images + 1)} if outputs in fitting else set()
    )
    cuts = [Cut(1, r, -(-outputs // r), n) for r in fitting for n in parts]
    cuts += [Cut(t, outputs, 1, n) for t in job_images for n in parts]
    best = min(cuts, key=lambda cut: (cycles(cut), cut))
    return best, jobs_of(best)


@inline
def _output_tile(g, x, x_at, packed, w_at, bias, bias_at, y, y_at, columns, bypass, r0, r1):
    """y[y_at + i * y_pixel + k] = bias[bias_at + k] + sum over r, s, c of x[i, r, s, c] * w[r, s, c, k]

    The microkernel: pixels i < rows, filters k < columns, filter rows r0 <= r < r1, where
    x[i, r, s, c] = x[x_at + i * x_step + r * dilation_h * row_pitch + s * dilation_w * pixel_pitch + c] and
    w[r, s, c, k] = packed[w_at + ((r * taps_w + s) * channels + c) * g.columns + k]. Overwrites y, with
    max(y, 0) if g.relu, past the caches if `bypass`. It fetches the outputs, which it will write, and the
    next tile's pixels, which the next call reads.
    """
    acc = spread(bias, bias_at, g.rows, g.vectors, g.lanes, columns)
    for i in range(0 if bypass else g.rows):
        for j in range(g.vectors):
            fetch(y, y_at + i * g.y_pixel + j * g.lanes, 1)
    for r in range(r0, r1):
        for s in range(g.taps_w):
            a = x_at + r * g.dilation_h * g.row_pitch + s * g.dilation_w * g.pixel_pitch
            if g.vectors > 1:  # else the taps of one channel share their pixels in registers, and these fit
                a = opaque(a)
            b = w_at + (r * g.taps_w + s) * g.channels * g.columns
            for c in range(g.channels):
                fetch(x, x_at + g.rows * g.x_step + c * g.lanes, 0)
                acc = fma(acc, x, a + c, g.x_step, packed, b + c * g.columns, g.columns)
    stream(positive(acc) if g.relu else acc, y, y_at, g.y_pixel, columns, bypass)


@kernel
def _forward(
    g, x, packed, bias, other, y, images, job_images, job_rows, blocks, parts, bypass, first, last
):  # fmt: skip
    """y[n, p, q, k] = bias[k] + sum of x[n, p * stride + r * dilation - top, ..., c] * w[r, s, c, k]

    x (N, H, W, C) of all groups, packed[panel, r, s, c, column] from `pack`, bias (K,), y where g's `Place`
    says; the channels and filters of a group are neighbours. Any sizes; overwrites y. A job is job_rows
    output rows (one of `blocks` of an image) of job_images images, and one of `parts` of the panels: it
    gathers its input rows where they are padded, then runs each panel of filters over all of its pixels, and
    the stages, if there are any, over each row of them. `_cut` deals the work.
    """
    reach = (g.taps_h - 1) * g.dilation_h + 1
    x_image = g.height * g.row_pitch
    if g.gathered:
        x_image = ((job_rows - 1) * g.stride_h + reach) * g.row_pitch
    rows = np.empty(job_images * x_image if g.gathered else 0, x.dtype)
    for job in range(first, last):
        block = job // parts
        n0 = block // blocks * job_images
        p0 = (block - block // blocks * blocks) * job_rows
        n1, p1 = min(n0 + job_images, images), min(p0 + job_rows, g.outputs_h)
        source, start = x, (n0 * g.height + p0 * g.stride_h) * g.row_pitch
        if g.gathered:
            source, start, count = rows, 0, (p1 - p0 - 1) * g.stride_h + reach
            for n in range(n0, n1):
                gather(g, x, rows, (n - n0) * x_image, n, p0 * g.stride_h - g.top, count)
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
                        r0, r1 = reached(p * g.stride_h - g.top, g.taps_h, g.dilation_h, g.height)
                    x_row = x_panel + (n - n0) * x_image + (p - p0) * g.stride_h * g.row_pitch
                    y_at = g.y_first + n * g.y_image + p * g.y_row + group * g.filters + k
                    for tile in range(0, g.outputs_w, g.rows):
                        q = min(tile, g.outputs_w - g.rows)
                        _output_tile(
                            g, source, x_row + q * g.x_step, packed, w_at, bias, group * g.filters + k,
                            y, y_at + q * g.y_pixel, columns, bypass, r0, r1,
                        )  # fmt: skip
                    if g.stages:
                        finish(g, y, bias, group * g.filters + k, other, y_at, g.outputs_w, columns)
