"""The input gradient of a strided convolution: one convolution for each remainder."""

import pytest

from tests.kernels.conv.cases import PHASES, assert_exact


@pytest.mark.parametrize("case", PHASES, ids=str)
def test_small_integers_are_exact(case):
    assert_exact(case)
