"""Optimizers: one step over all parameters of a network."""

from collections.abc import Callable

import pytest


@pytest.mark.rows("sgd", "adam")
def test_optimizer(measure: Callable[[], None]) -> None:
    """One step."""
    measure()
