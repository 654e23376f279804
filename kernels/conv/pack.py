"""Filters as the microkernel reads them: packed[panel, tap, c, lane], zero beyond the last filter.

In memory the taps of a filter's channel are neighbours; packed, the filters are. So squares of lanes x lanes
elements are transposed in registers, and their rows go where they belong.
"""

from typing import NamedTuple

import numpy as np

from ..engine.geometry import Geometry, vector
from ..engine.jit import inline, kernel
from ..memory.buffers import empty, scratch
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
"""Channels of one job: what it writes stays in the first-level cache."""
WORK = 24.0
"""Work of one element, which comes from memory."""


def pack(g: Geometry, weight: np.ndarray, source: Source) -> np.ndarray:
    """The filters in panels, from flat `weight`."""
    packed = empty((g.panels * source.taps * g.channels * g.columns,), weight.dtype)
    _pack(g.panels * -(-g.channels // CHANNELS), WORK * packed.size,
        vector(weight.dtype), weight, packed, g.blocks, g.filters, g.columns, g.channels,
        source.group, source.filter, source.channel, source.adjacent, source.starts, source.steps,
    )  # fmt: skip
    return packed


@inline
def _square(g, weight, at, step, filters, length, square):
    """square[e * lanes + i] = weight[at + i * step + e] of `filters` i and `length` e, zero beyond them."""
    if filters == g.lanes:
        rows = load(weight, at, step, g.lanes, 1, g.lanes, length)
        store(transposed(rows), square, 0, g.lanes, g.lanes)
    else:
        clear(square, 0, square.size)
        for i in range(filters):
            for e in range(length):
                square[e * g.lanes + i] = weight[at + i * step + e]


@kernel
def _pack(
    g, weight, packed, blocks, filters, columns, channels,
    group_step, filter_step, channel_step, adjacent, starts, steps, first, last,
):  # fmt: skip
    """A job is CHANNELS channels of one panel."""
    taps, tap_size = starts.size, channels * columns
    chunks = (channels + CHANNELS - 1) // CHANNELS
    square = scratch(g.lanes * g.lanes, packed)
    for job in range(first, last):
        panel = job // chunks
        c0 = (job - panel * chunks) * CHANNELS
        c1 = min(c0 + CHANNELS, channels)
        group = panel // blocks
        k0 = (panel - group * blocks) * columns
        if filter_step == 1 and filters - k0 >= columns:
            for c in range(c0, c1):
                at = group * group_step + k0 + c * channel_step
                copy(packed, panel * tap_size + c * columns, weight, at, columns)
            continue
        for lane in range(0, columns, g.lanes):
            at = group * group_step + (k0 + lane) * filter_step
            for c in range(c0, c1, adjacent):
                run = min(adjacent, c1 - c) * taps
                tap, to = 0, c * columns + lane
                for e0 in range(0, run, g.lanes):
                    length = min(g.lanes, run - e0)
                    here = at + c * channel_step + e0
                    _square(g, weight, here, filter_step, min(filters - k0 - lane, g.lanes), length, square)
                    for e in range(length):
                        if starts[tap] >= 0:
                            place = (starts[tap] + panel * steps[tap]) * tap_size
                            row = read(square, e * g.lanes, g.lanes, g.lanes)
                            write(row, packed, place + to, g.lanes)
                        tap += 1
                        if tap == taps:
                            tap, to = 0, to + columns
