"""Filters as the microkernel reads them: packed[panel, r, s, i, j], zero beyond the last filter."""

from typing import NamedTuple

import numpy as np

from ..jit import kernel


class Steps(NamedTuple):
    """Where the filter value of tap (r, s), input channel i and filter j lies: `first` and one step each."""

    first: int
    group: int
    row: int
    column: int
    channel: int
    filter: int


def pack(plan, weight: np.ndarray, steps: Steps) -> np.ndarray:
    """The filters of a plan, from flat `weight`."""
    packed = np.empty(plan.packed_size, weight.dtype)
    g = plan.geometry
    sizes = g.blocks, g.filters, g.columns, g.taps_h, g.taps_w, g.channels
    _pack(g.panels, 8 * packed.size, weight, packed, *sizes, *steps)
    return packed


@kernel
def _pack(
    weight, packed, blocks, filters, columns, taps_h, taps_w, channels,
    origin, group_step, row_step, column_step, channel_step, filter_step, first, last,
):  # fmt: skip
    """A job is one panel of filters."""
    for panel in range(first, last):
        group = panel // blocks
        k = (panel - group * blocks) * columns
        for j in range(columns):
            for i in range(channels):
                at = origin + group * group_step + i * channel_step + (k + j) * filter_step
                for r in range(taps_h):
                    for s in range(taps_w):
                        to = (((panel * taps_h + r) * taps_w + s) * channels + i) * columns + j
                        exists = k + j < filters
                        packed[to] = weight[at + r * row_step + s * column_step] if exists else 0


def pad_bias(plan, bias: np.ndarray | None, dtype: np.dtype) -> np.ndarray:
    """One bias for each packed filter, zero for those that do not exist."""
    g = plan.geometry
    padded = np.zeros((g.panels // g.blocks, g.blocks * g.columns), dtype)
    if bias is not None:
        padded[:, : g.filters] = bias.reshape(-1, g.filters)
    return padded.reshape(-1)
