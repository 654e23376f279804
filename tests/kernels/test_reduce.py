"""Column sums: exact on integers, whatever the number of rows."""

import numpy as np
import pytest

from fastconv.kernels.reduce import CHUNK, column_sums


@pytest.mark.parametrize("rows", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 3])
@pytest.mark.parametrize("columns", [1, 7, 40])
def test_integers(rows, columns):
    x = np.random.default_rng(0).integers(-4, 5, (rows, columns)).astype(np.float32)
    np.testing.assert_array_equal(column_sums(x.reshape(-1), columns), x.sum(axis=0))
