"""Convolution: forward, input gradient, weight gradient."""

from collections.abc import Callable

import pytest


@pytest.mark.rows("conv")
def test_conv(measure: Callable[[], None]) -> None:
    """One pass of one layer of a network."""
    measure()
