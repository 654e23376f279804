"""Pooling: maxima with their places, means, and where the gradients go."""

from collections.abc import Callable

import pytest


@pytest.mark.rows("max_pool", "avg_pool", "adaptive_avg_pool")
def test_pool(measure: Callable[[], None]) -> None:
    """One pass of one pooling."""
    measure()
