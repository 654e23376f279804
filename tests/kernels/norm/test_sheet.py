import numpy as np
import pytest

from fastconv.kernels.engine.machine import lanes
from fastconv.kernels.norm.sheet import GROUP, PARTS, WIDE, sheet

F32 = np.dtype(np.float32)


@pytest.mark.parametrize("channels", [1, 2, 3, 8, 16, 100, 256, 4101])
@pytest.mark.parametrize("pixels", [1, 7, 1000, 10**6])
def test_the_parts_cover_a_block_once(channels, pixels):
    g = sheet(F32, 2, channels * pixels, channels, channels)
    rows = -(-g.size // g.period)
    assert (g.parts - 1) * g.rows < rows <= g.parts * g.rows
    assert g.parts <= PARTS and g.rows % GROUP == 0
    assert g.period == g.folds * channels


@pytest.mark.parametrize("channels", [1, 3, 8, 16, 20, 100, 250])
def test_few_channels_lie_side_by_side_until_vectors_are_full(channels):
    g = sheet(F32, 1, 10**6 * channels, channels, 1)
    assert g.period % lanes(F32) == 0
    assert 4 * lanes(F32) <= g.period <= max(WIDE, channels)


def test_a_row_is_not_made_longer_than_that():
    assert sheet(F32, 1, 4101 * 8, 4101, 1).folds == 1
