"""Direct convolution: every edge of the register tile."""

import pytest

from tests.kernels.conv.cases import DIRECT, assert_exact


@pytest.mark.parametrize("case", DIRECT, ids=str)
def test_small_integers_are_exact(case):
    assert_exact(case)
