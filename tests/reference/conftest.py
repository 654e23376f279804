"""Central differences, the judge of every gradient here."""

from collections.abc import Callable

import numpy as np
import pytest


def _central_differences(
    loss: Callable[[np.ndarray], float], x: np.ndarray, step: float = 1e-5
) -> np.ndarray:
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        above, below = x.copy(), x.copy()
        above[i] += step
        below[i] -= step
        gradient[i] = (loss(above) - loss(below)) / (2 * step)
    return gradient


@pytest.fixture
def assert_gradient():
    """Check a float64 gradient against (L(x + h) - L(x - h)) / 2h in every element."""

    def check(gradient: np.ndarray, loss: Callable[[np.ndarray], float], x: np.ndarray) -> None:
        expected = _central_differences(loss, x)
        assert gradient.dtype == x.dtype == np.float64
        # The step leaves an error of about h^2 L''' and of eps L / h, both near 1e-10 of the largest term.
        np.testing.assert_allclose(
            gradient, expected, rtol=1e-7, atol=1e-8 * (1 + np.abs(expected).max(initial=0))
        )

    return check
