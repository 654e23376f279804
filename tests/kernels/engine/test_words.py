"""Memory as words: what is written is read, whole or by halves."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.engine.words import half, put, word


@njit
def twice(address, value):
    put(address, value)
    put(address, word(address) + value)
    return half(address), half(address + 4)


@pytest.mark.parametrize("value", [0, 7, -5, 2**31, -(2**31), 2**40 + 3])
def test_words_and_halves(value):
    memory = np.zeros(1, np.int64)
    halves = twice(memory.ctypes.data, value)
    assert memory[0] == 2 * value
    assert halves == tuple(memory.view(np.int32).tolist())
