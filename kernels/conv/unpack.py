"""The sums of a weight gradient, from the order of the register tile to (K, C, kH, kW).

In the sums, filters are neighbours; in the gradient, the taps of a channel are. So blocks of lanes x lanes
elements are transposed in registers.
"""

import numpy as np

from ..engine.jit import inline, kernel
from ..memory.buffers import empty, scratch
from ..simd import load, read, store, transposed, write

ELEMENTS = 256
"""Elements of one filter that a job transposes, or the taps of one channel: they stay in the L1 cache."""


def unpack(g, sums: np.ndarray, parts: int, size: int) -> np.ndarray:
    """Add the `parts` of the sums, `size` elements a panel, and put them where they belong."""
    gradient = empty((g.groups * g.filters, g.channels, g.taps_h, g.taps_w), sums.dtype)
    channels = min(g.channels, max(1, ELEMENTS // (g.taps_h * g.taps_w)))
    jobs = g.panels * -(-g.channels // channels)
    _unpack(jobs, 8.0 * sums.size, g, sums, gradient.ravel(), parts, size, channels)
    return gradient


@inline
def put_transposed(g, rows, elements, weight, at, step, count):
    """weight[at + k * step + e] = rows[e * lanes + k] for the first `elements` e and `count` k"""
    for e in range(0, elements, g.lanes):
        length = min(g.lanes, elements - e)
        if count >= g.lanes:
            block = load(rows, e * g.lanes, g.lanes, g.lanes, 1, g.lanes, g.lanes)
            store(transposed(block), weight, at + e, step, length)
        else:
            for k in range(count):
                for i in range(e, e + length):
                    weight[at + k * step + i] = rows[i * g.lanes + k]


@kernel
def _unpack(g, sums, gradient, parts, size, channels, first, last):
    """dw[k, c, r, s] = sum over the parts, in order, of sums[part, panel, r, run, chunk, i, j]

    Filter k is the j of its panel; tap s of channel c is the element i of a run: s * channels + c of the only
    one of a filter row where taps are joined, c of run s else. Any sizes, `size` elements a panel and part.
    Overwrites the gradient (K, C, kH, kW), dense. A job is `channels` channels of one panel.
    """
    taps, jobs = g.taps_h * g.taps_w, (g.channels + channels - 1) // channels
    elements = (channels * taps + g.lanes - 1) // g.lanes * g.lanes
    rows = scratch(elements * g.lanes, sums)
    last_chunk, moved = (g.chunks - 1) * g.rows, g.chunks * g.rows - g.run  # it ends with the run
    for job in range(first, last):
        panel = job // jobs
        c0 = (job - panel * jobs) * channels
        deep = min(channels, g.channels - c0)
        group = panel // g.blocks
        k0 = (panel - group * g.blocks) * g.columns
        for k in range(k0, min(k0 + g.columns, g.filters), g.lanes):
            for r in range(g.taps_h):
                for s in range(g.taps_w):
                    run, i0 = (0, s * g.channels + c0) if g.joined else (s, c0)
                    run_at = panel * size + (r * g.runs + run) * g.chunks * g.rows * g.columns + k - k0
                    for c in range(deep):
                        i = i0 + c
                        at = run_at + (i if i < last_chunk else i + moved) * g.columns
                        total = read(sums, at, g.lanes, g.lanes)
                        for part in range(1, parts):
                            total = total + read(sums, at + part * g.panels * size, g.lanes, g.lanes)
                        write(total, rows, ((c * g.taps_h + r) * g.taps_w + s) * g.lanes, g.lanes)
            to = ((group * g.filters + k) * g.channels + c0) * taps
            put_transposed(g, rows, deep * taps, gradient, to, g.channels * taps, g.filters - k)
