"""Memory as words: what is written is read, whole or by halves, and the room of a call is its own."""

import ctypes

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.engine.native.words import half, invoke, put, room, word


@njit
def twice(address, value):
    memory = room(2)
    put(memory, value)
    put(memory + 8, word(memory) + value)
    put(address, word(memory + 8))
    return half(address), half(address + 4)


@pytest.mark.parametrize("value", [0, 7, -5, 2**31, -(2**31), 2**40 + 3])
def test_words_and_halves(value):
    memory = np.zeros(1, np.int64)
    halves = twice(memory.ctypes.data, value)
    assert memory[0] == 2 * value
    assert halves == tuple(memory.view(np.int32).tolist())


@njit
def called(function, a, b):
    return invoke(function, (a, b))


def test_a_function_of_words_is_called():
    function = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(lambda a, b: 10 * a + b)
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert called(address, 4, 2) == 42
