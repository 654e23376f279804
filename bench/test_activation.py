"""Activations: forward and gradient."""

from collections.abc import Callable

import pytest


@pytest.mark.rows("relu", "sigmoid", "softmax")
def test_activation(measure: Callable[[], None]) -> None:
    """One pass of one activation."""
    measure()
