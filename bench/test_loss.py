"""Losses: the loss alone, and the loss with its gradient."""

from collections.abc import Callable

import pytest


@pytest.mark.rows("cross_entropy")
def test_loss(measure: Callable[[], None]) -> None:
    """One pass of one loss."""
    measure()
