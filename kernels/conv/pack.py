"""Filters as the microkernel reads them: packed[panel, tap, c, lane], zero beyond the last filter.

In memory the taps of a filter's channel are neighbours; packed, the filters are. So squares of lanes x lanes
elements are transposed in registers, and their rows go where they belong.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..buffers import empty
from ..geometry import Geometry, vector
from ..jit import kernel
from ..simd import clear, copy, load, store, transposed


class Source(NamedTuple):
    """Where the filters lie: steps between groups, filters and channels, and channels that follow each other.

    `places[t]` is the packed tap of the tap t in memory, or -1 where a plan does without it.
    """

    group: int
    filter: int
    channel: int
    together: int
    places: np.ndarray


CHANNELS = 16
"""Channels of one job: what it writes stays in the first-level cache."""


def pack(g: Geometry, weight: np.ndarray, source: Source, size: int) -> np.ndarray:
    """The filters in panels, from flat `weight`: `size` elements."""
    packed = empty(size, weight.dtype)
    _pack(g.panels * -(-g.channels // CHANNELS), 2 * size,
        vector(weight.dtype), weight, packed, g.blocks, g.filters, g.columns, g.taps_h * g.taps_w, g.channels,
        *source,
    )  # fmt: skip
    return packed


@kernel
def _pack(
    g, weight, packed, blocks, filters, columns, taps, channels,
    group_step, filter_step, channel_step, together, places, first, last,
):  # fmt: skip
    """A job is CHANNELS channels of one panel."""
    chunks = (channels + CHANNELS - 1) // CHANNELS
    square = np.empty(g.lanes * g.lanes, packed.dtype)
    for job in range(first, last):
        panel = job // chunks
        c0 = (job - panel * chunks) * CHANNELS
        c1 = min(c0 + CHANNELS, channels)
        group = panel // blocks
        k0 = (panel - group * blocks) * columns
        if filter_step == 1 and filters - k0 >= columns:
            for c in range(c0, c1):
                at = group * group_step + k0 + c * channel_step
                copy(packed, (panel * channels + c) * columns, weight, at, columns)
            continue
        for lane in range(0, columns, g.lanes):
            count = min(filters - k0 - lane, g.lanes)
            at = group * group_step + (k0 + lane) * filter_step
            to = panel * taps * channels * columns + lane
            for c in range(c0, c1, together):
                run = min(together, c1 - c) * places.size
                for e0 in range(0, run, g.lanes):
                    length = min(g.lanes, run - e0)
                    here = at + c * channel_step + e0
                    if count == g.lanes:
                        rows = load(weight, here, filter_step, g.lanes, 1, g.lanes, length)
                        store(transposed(rows), square, 0, g.lanes, g.lanes)
                    else:
                        clear(square, 0, square.size)
                        for i in range(count):
                            for e in range(length):
                                square[e * g.lanes + i] = weight[here + i * filter_step + e]
                    for e in range(length):
                        channel = (e0 + e) // places.size
                        place = places[e0 + e - channel * places.size]
                        if place >= 0:
                            copy(packed, to + (place * channels + c + channel) * columns, square, e * g.lanes,
                                g.lanes,
                            )  # fmt: skip


@lru_cache(maxsize=64)
def no_bias(filters: int, dtype: np.dtype) -> np.ndarray:
    """The bias of a convolution without one; kernels only read it."""
    return np.zeros(filters, dtype)
