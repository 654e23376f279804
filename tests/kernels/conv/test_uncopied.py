"""Weight gradients that are summed as dy lies in memory."""

import pytest

from tests.kernels.conv.cases import UNCOPIED, assert_exact


@pytest.mark.parametrize("case", UNCOPIED, ids=str)
def test_small_integers_are_exact(case):
    assert_exact(case)
