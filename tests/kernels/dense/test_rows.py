"""Products whose lanes run along the rows of b."""

import numpy as np
import pytest

from fastconv import kernels
from fastconv.kernels.dense import layer, rows


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_few_rows_of_a_matrix_from_memory_are_exact(dtype, monkeypatch):
    """Every number of rows that reads it in narrow pieces, and the first that does not."""
    monkeypatch.setattr(rows, "FAR", 0)
    layer._plan.cache_clear()
    rng = np.random.default_rng(0)
    w = rng.integers(-4, 5, (83, 101)).astype(dtype)
    for samples in range(1, rows.SMALL + 2):
        dy = rng.integers(-4, 5, (samples, 83)).astype(dtype)
        np.testing.assert_array_equal(kernels.linear_input(w, dy), dy @ w)
    layer._plan.cache_clear()
