import pytest

from fastconv import backend


@pytest.fixture(autouse=True)
def reference():
    """Networks here are tiny and of many shapes: on NumPy nothing is compiled."""
    with backend("reference"):
        yield
