"""Depthwise convolution row by row."""

import pytest

from tests.kernels.conv.cases import DEPTHWISE, assert_exact


@pytest.mark.parametrize("case", DEPTHWISE, ids=str)
def test_small_integers_are_exact(case):
    assert_exact(case)
