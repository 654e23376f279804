"""The input gradient of few channels: one matrix product, then sums along the filter rows."""

import pytest

from tests.kernels.conv.cases import SCATTER, assert_exact


@pytest.mark.parametrize("case", SCATTER, ids=str)
def test_small_integers_are_exact(case):
    assert_exact(case)
