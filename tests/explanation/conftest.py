import pytest

from fastconv import backend


@pytest.fixture
def reference():
    """The NumPy backend: the kernels would compile for each shape, and these tests don't depend on them."""
    with backend("reference"):
        yield
