"""Runs of memory that are copied and cleared, between guard zones."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.simd import clear, copy

GUARD = 7.0


@njit
def move(source, to, at, count):
    copy(to, 2, source, at, count)
    clear(to, 2 + count, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [0, 1, 5, 100])
def test_copy_and_clear(count, dtype):
    source, to = np.arange(200, dtype=dtype), np.full(200, GUARD, dtype)
    move(source, to, 3, count)
    expected = np.full(200, GUARD, dtype)
    expected[2 : 2 + count] = source[3 : 3 + count]
    expected[2 + count : 5 + count] = 0
    np.testing.assert_array_equal(to, expected)
