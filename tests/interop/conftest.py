import pytest


@pytest.fixture(autouse=True)
def _twins(reference):
    """Models run on the twins: the kernels are not the point here."""
