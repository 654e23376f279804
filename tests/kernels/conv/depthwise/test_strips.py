"""Depthwise convolution in strips down the image."""

import pytest

from tests.kernels.conv.cases import STRIPS, assert_exact


@pytest.mark.parametrize("case", STRIPS, ids=str)
def test_small_integers_are_exact(case):
    assert_exact(case)
