"""Filters as the microkernel reads them: packed[panel, r, s, i, j], zero beyond the last filter."""

from typing import NamedTuple

import numpy as np

from ..buffers import empty
from ..jit import kernel
from ..simd import clear


class Steps(NamedTuple):
    """Where the filter value of tap (r, s), input channel i and filter j lies: `first` and one step each."""

    first: int
    group: int
    row: int
    column: int
    channel: int
    filter: int


CHANNELS = 8
"""Input channels of one job: what it writes stays in the first-level cache while it reads run after run."""


def pack(plan, weight: np.ndarray, steps: Steps) -> np.ndarray:
    """The filters of a plan, from flat `weight`."""
    packed = empty(plan.packed_size, weight.dtype)
    g = plan.geometry
    sizes = g.blocks, g.filters, g.columns, g.taps_h, g.taps_w, g.channels
    _pack(g.panels * -(-g.channels // CHANNELS), 8 * packed.size, weight, packed, *sizes, *steps)
    return packed


@kernel
def _pack(
    weight, packed, blocks, filters, columns, taps_h, taps_w, channels,
    origin, group_step, row_step, column_step, channel_step, filter_step, first, last,
):  # fmt: skip
    """A job is CHANNELS input channels of one panel, read in the order in which they lie."""
    chunks = (channels + CHANNELS - 1) // CHANNELS
    for job in range(first, last):
        panel = job // chunks
        i0 = (job - panel * chunks) * CHANNELS
        i1 = min(i0 + CHANNELS, channels)
        group = panel // blocks
        k = (panel - group * blocks) * columns
        count = min(columns, filters - k)
        at = origin + group * group_step + k * filter_step
        to = panel * taps_h * taps_w * channels * columns
        outer, inner = (count, filter_step, 1), (i1 - i0, channel_step, columns)
        if filter_step < channel_step:
            outer, inner = inner, outer
        for m in range(outer[0]):
            for n in range(inner[0]):
                source = at + i0 * channel_step + m * outer[1] + n * inner[1]
                target = to + i0 * columns + m * outer[2] + n * inner[2]
                for r in range(taps_h):
                    for s in range(taps_w):
                        tap = (r * taps_w + s) * channels * columns
                        packed[target + tap] = weight[source + r * row_step + s * column_step]
        if count < columns:
            for tap in range(taps_h * taps_w):
                for i in range(i0, i1):
                    clear(packed, to + (tap * channels + i) * columns + count, columns - count)


def pad_bias(plan, bias: np.ndarray | None, dtype: np.dtype) -> np.ndarray:
    """One bias for each packed filter, zero for those that do not exist."""
    g = plan.geometry
    padded = np.zeros((g.panels // g.blocks, g.blocks * g.columns), dtype)
    if bias is not None:
        padded[:, : g.filters] = bias.reshape(-1, g.filters)
    return padded.reshape(-1)
