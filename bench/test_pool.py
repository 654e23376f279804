"""Max-pooling: forward with the places of the maxima, and the routing of the gradient."""

from collections.abc import Callable

import pytest


@pytest.mark.rows("max_pool")
def test_pool(measure: Callable[[], None]) -> None:
    """One pass of one pooling."""
    measure()
