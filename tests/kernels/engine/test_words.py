"""A word of memory: what is written stands there, and nothing else has changed."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.engine.words import put


@njit
def written(address, value):
    put(address, value)


@pytest.mark.parametrize("value", [0, 7, -5, 2**31, -(2**31), 2**40 + 3])
def test_a_word_is_written(value):
    memory = np.full(3, 11, np.int64)
    written(memory[1:].ctypes.data, value)
    assert memory.tolist() == [11, value, 11]
