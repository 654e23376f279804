"""Few channels to few filters: lanes along the pixels."""

import pytest

from tests.kernels.conv.cases import PIXEL_LANES, assert_exact


@pytest.mark.parametrize("case", PIXEL_LANES, ids=str)
def test_small_integers_are_exact(case):
    assert_exact(case)
