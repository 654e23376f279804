import pytest


@pytest.fixture(autouse=True)
def _twins(reference):
    """Explanations are computed on the twins: the kernels are not the point here."""
