import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def batch():
    """Eight images (8, 3, 5, 6) of different whole numbers, and their labels."""
    images = np.arange(8 * 3 * 5 * 6, dtype=np.float32).reshape(8, 3, 5, 6) + 1
    return images, np.arange(8) % 4
