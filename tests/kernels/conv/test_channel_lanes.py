"""Few filters: lanes along the channels."""

import numpy as np
import pytest

from fastconv.kernels.conv import channel_lanes
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.engine import machine
from tests.kernels.conv.cases import CHANNEL_LANES, assert_exact


@pytest.mark.parametrize("case", CHANNEL_LANES, ids=str)
def test_small_integers_are_exact(case):
    assert_exact(case)


def test_filters_are_no_more_than_lanes(monkeypatch):
    """The sums of all filters are in one vector."""
    monkeypatch.setattr(machine, "lanes", lambda dtype: 2)
    shapes = [((1, 16, 9, 9), (filters, 16, 3, 3)) for filters in (2, 3)]
    asked = [problem(*both, 1, 0, 1, 1, np.float64, winograd=True) for both in shapes]
    assert [channel_lanes.fits(p) for p in asked] == [True, False]
