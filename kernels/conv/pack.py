"""Filters as the microkernels read them: packed[panel, tap, c, column], zero beyond the last filter.

In memory the taps of a filter's channel are neighbours; packed, the filters are. So blocks of lanes x lanes
elements are transposed in registers, and each of their rows is written where it belongs.
"""

from typing import NamedTuple

import numpy as np

from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel
from ..memory.buffers import empty, scratch, settled
from ..simd import clear, copy, load, read, store, transposed, write


class Source(NamedTuple):
    """Where the filters lie: steps between groups, filters and channels, and channels that follow each other.

    In units of one packed tap, the tap t in memory goes to `starts[t]` of the first panel, and `steps[t]`
    farther for each next one; -1 where nobody needs it. `taps` are the packed taps of one panel.
    """

    group: int
    filter: int
    channel: int
    adjacent: int
    taps: int
    starts: np.ndarray
    steps: np.ndarray


CHANNELS = 16
"""Channels of one job: what it writes stays in the L1 cache."""
WORK = 24.0
"""Work of one element, which comes from memory (see jit.SERIAL_WORK)."""


def pack(g: Geometry, weight: np.ndarray, source: Source) -> np.ndarray:
    """The filters in panels, from flat `weight`; g: `Packed.packing`."""
    packed = empty((g.panels * source.taps * g.channels * g.columns,), weight.dtype)
    _pack(g.panels * -(-g.channels // CHANNELS), WORK * packed.size,
        g, weight, packed, source.group, source.filter, source.channel, source.adjacent, source.starts,
        source.steps,
    )  # fmt: skip
    return settled(packed)


@inline
def _transpose(g, weight, at, step, filters, length, block):
    """block[e * lanes + i] = weight[at + i * step + e] of `filters` i and `length` e, zero beyond them."""
    if filters == g.lanes:
        rows = load(weight, at, step, g.lanes, 1, g.lanes, length)
        store(transposed(rows), block, 0, g.lanes, g.lanes)
    else:
        clear(block, 0, block.size)
        for i in range(filters):
            for e in range(length):
                block[e * g.lanes + i] = weight[at + i * step + e]


@kernel
def _pack(
    g, weight, packed, group_step, filter_step, channel_step, adjacent, starts, steps, first, last
):  # fmt: skip
    """packed[starts[t] + panel * steps[t], c, column] = w[k, c, t], the filter k = panel * columns + column

    w[k, c, t] = weight[group * group_step + k * filter_step + c * channel_step + t]; the taps of `adjacent`
    channels lie side by side (all channels, or one). Overwrites packed: taps with a negative start are left
    out, columns beyond the last filter of a group are zero. Any number of filters, channels and taps.
    A job is CHANNELS channels of one panel.
    """
    taps, tap_size = starts.size, g.channels * g.columns
    channel_jobs = (g.channels + CHANNELS - 1) // CHANNELS
    block = scratch(g.lanes * g.lanes, packed)
    for job in range(first, last):
        panel = job // channel_jobs
        c0 = (job - panel * channel_jobs) * CHANNELS
        c1 = min(c0 + CHANNELS, g.channels)
        group = panel // g.blocks
        k0 = (panel - group * g.blocks) * g.columns
        if filter_step == 1 and g.filters - k0 >= g.columns:
            for c in range(c0, c1):
                at = group * group_step + k0 + c * channel_step
                copy(packed, panel * tap_size + c * g.columns, weight, at, g.columns)
            continue
        for lane in range(0, g.columns, g.lanes):
            at = group * group_step + (k0 + lane) * filter_step
            filters = min(g.filters - k0 - lane, g.lanes)
            for c in range(c0, c1, adjacent):
                run = min(adjacent, c1 - c) * taps
                tap, to = 0, c * g.columns + lane
                for e0 in range(0, run, g.lanes):
                    length = min(g.lanes, run - e0)
                    _transpose(g, weight, at + c * channel_step + e0, filter_step, filters, length, block)
                    for e in range(length):
                        if starts[tap] >= 0:
                            tap_at = (starts[tap] + panel * steps[tap]) * tap_size
                            row = read(block, e * g.lanes, g.lanes, g.lanes)
                            write(row, packed, tap_at + to, g.lanes)
                        tap += 1
                        if tap == taps:
                            tap, to = 0, to + g.columns
