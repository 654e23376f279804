"""Dense layers: forward, input gradient, weight gradient."""

from collections.abc import Callable

import pytest


@pytest.mark.rows("dense")
def test_dense(measure: Callable[[], None]) -> None:
    """One pass of one dense layer."""
    measure()
