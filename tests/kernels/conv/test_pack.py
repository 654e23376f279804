"""Filters in panels: packed[panel, tap, c, column], against that definition, written out in NumPy."""

import numpy as np
import pytest

from fastconv.kernels.conv.pack import CHANNELS, Source, pack
from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry

LANES = machine.lanes(np.float32)
FORWARD = [
    # groups, filters and channels of one group, taps, vectors of a panel
    (1, LANES + 1, 3, 9, 1),
    (1, 2 * LANES + 3, CHANNELS + 1, 6, 2),
    (3, LANES, 2, 4, 1),
    (2, 5, 2 * CHANNELS, 1, 2),
]
PHASES = [
    # of the taps 0 to 4, those of each phase, the last first
    [[4, 3, 2, 1, 0]],
    [[4, 2, 0], [3, 1]],
    [[3, 0]],  # nobody needs the others
]


def geometry_of(groups, filters, channels, vectors):
    blocks = -(-filters // (vectors * LANES))
    sizes = {"filters": filters, "channels": channels, "blocks": blocks, "panels": groups * blocks}
    return Geometry({**sizes, "columns": vectors * LANES}, lanes=LANES)


def panels_of(w, g):
    """packed[panel, tap, c, column] = w[group, k, c, tap], the filter k = panel * columns + column."""
    groups, filters, channels, taps = w.shape
    full = np.zeros((groups, g.blocks * g.columns, channels, taps), w.dtype)
    full[:, :filters] = w
    panels = full.reshape(groups * g.blocks, g.columns, channels, taps)
    return panels.transpose(0, 3, 2, 1)


def numbers(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("layer", FORWARD, ids=str)
def test_filters_lie_side_by_side(layer):
    """A group's last panel is filled up with zeros, whatever lies behind the group in memory."""
    groups, filters, channels, taps, vectors = layer
    w, g = numbers(groups, filters, channels, taps), geometry_of(groups, filters, channels, vectors)
    source = Source(
        filters * channels * taps, channels * taps, taps, channels, taps,
        np.arange(taps), np.full(taps, taps),
    )  # fmt: skip
    packed = pack(g, w.ravel(), source)
    np.testing.assert_array_equal(packed.reshape(g.panels, taps, channels, g.columns), panels_of(w, g))


@pytest.mark.parametrize("phases", PHASES, ids=str)
@pytest.mark.parametrize("groups", [1, 2])
def test_an_input_gradient_packs_the_taps_of_all_phases_at_once(phases, groups):
    """Channels and filters change places, and of each phase the taps are those of all panels."""
    filters, channels = LANES + 2, CHANNELS + 3
    w, g = numbers(groups, channels, filters, 5), geometry_of(groups, filters, channels, 1)
    starts, steps, first = np.full(5, -1), np.full(5, -1), 0
    for taps in phases:
        starts[taps], steps[taps] = first * g.panels + np.arange(len(taps)), len(taps)
        first += len(taps)
    packed = pack(g, w.ravel(), Source(channels * filters * 5, 5, filters * 5, 1, first, starts, steps))
    whole = panels_of(w.swapaxes(1, 2), g)
    np.testing.assert_array_equal(packed, np.concatenate([whole[:, taps].ravel() for taps in phases]))


def test_filters_that_are_neighbours_already_are_copied():
    """1x1 taps of an input gradient: whole panels, and one that is filled up."""
    filters, channels = 2 * LANES + 5, CHANNELS + 1
    w, g = numbers(1, channels, filters, 1), geometry_of(1, filters, channels, 1)
    packed = pack(g, w.ravel(), Source(w.size, 1, filters, 1, 1, np.array([0]), np.array([1])))
    np.testing.assert_array_equal(
        packed.reshape(g.panels, 1, channels, g.columns), panels_of(w.swapaxes(1, 2), g)
    )
