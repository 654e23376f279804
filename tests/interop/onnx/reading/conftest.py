import pytest

import fastconv as fc


@pytest.fixture(autouse=True)
def _reference():
    """What is read is compared on the reference: the compiled kernels have tests of their own."""
    with fc.backend("reference"):
        yield
