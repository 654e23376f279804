"""Few filters: lanes along the channels."""

import numpy as np
import pytest

from fastconv.kernels.conv import channel_lanes
from fastconv.kernels.engine import machine
from tests.kernels.conv.cases import CHANNEL_LANES, assert_exact


@pytest.mark.parametrize("case", CHANNEL_LANES, ids=str)
def test_small_integers_are_exact(case):
    assert_exact(case)


def test_filters_are_no_more_than_lanes(monkeypatch):
    """The sums of all filters are in one vector."""
    monkeypatch.setattr(machine, "lanes", lambda dtype: 2)
    assert [channel_lanes.fits(16, filters, 1, np.dtype(np.float64)) for filters in (2, 3)] == [True, False]
