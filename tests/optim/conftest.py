"""What the tests of the optimizers share."""

import pytest

import fastconv


@pytest.fixture(params=["numba", "reference"])
def each_backend(request):
    """Runs a test once with the kernels and once with their NumPy twins."""
    with fastconv.backend(request.param):
        yield
