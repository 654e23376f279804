"""The sums of a weight gradient: their parts are added in order, and put in (K, C, kH, kW)."""

import numpy as np
import pytest

from fastconv.kernels.conv.unpack import ELEMENTS, unpack
from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry

LANES = machine.lanes(np.float32)
LAYERS = [
    # groups, filters and channels of one group, taps, rows of a tile, are taps joined
    (1, LANES + 3, 3, (3, 5), 6, True),
    (1, 2 * LANES, 1, (1, 1), 1, True),
    (2, LANES - 1, ELEMENTS // 9 + 5, (3, 3), 7, False),
    (3, LANES, 2 * LANES, (2, 1), 8, False),
]


def geometry_of(groups, filters, channels, taps, rows, joined):
    run = channels * taps[1] if joined else channels
    blocks = -(-filters // LANES)
    return Geometry(
        {
            "groups": groups, "filters": filters, "channels": channels, "taps_h": taps[0], "taps_w": taps[1],
            "blocks": blocks, "panels": groups * blocks, "columns": LANES, "rows": rows, "run": run,
            "runs": 1 if joined else taps[1], "chunks": -(-run // rows), "joined": int(joined),
        },
        lanes=LANES,
    )  # fmt: skip


def gradient_of(sums, g):
    """dw[k, c, r, s] from sums[panel, r, run, chunk, i, j], one element after the other."""
    dw = np.empty((g.groups * g.filters, g.channels, g.taps_h, g.taps_w), sums.dtype)
    last = g.chunks - 1
    for k, c, r, s in np.ndindex(dw.shape):
        group, k_here = divmod(k, g.filters)
        panel, j = group * g.blocks + k_here // g.columns, k_here % g.columns
        run, e = (0, s * g.channels + c) if g.joined else (s, c)
        chunk = min(e // g.rows, last)
        i = e - (g.run - g.rows if chunk == last else chunk * g.rows)
        dw[k, c, r, s] = sums[panel, r, run, chunk, i, j]
    return dw


@pytest.mark.parametrize("parts", [1, 4])
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_parts_are_added_in_order_and_put_in_their_places(layer, parts):
    g = geometry_of(*layer)
    shape = parts, g.panels, g.taps_h, g.runs, g.chunks, g.rows, g.columns
    sums = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    dw = unpack(g, sums.ravel(), parts, sums[0, 0].size)
    expected = sums[0]
    for part in sums[1:]:
        expected = expected + part
    np.testing.assert_array_equal(dw, gradient_of(expected, g))
    assert dw.flags.c_contiguous
