"""Python's objects in machine code: integers, counts of references, arrays that are made."""

import sys

import numpy as np
import pytest

from fastconv.kernels.engine.native.entry import callable_from_python
from fastconv.kernels.engine.native.layouts import DATA, WORD
from fastconv.kernels.engine.native.objects import FIRST, NONE, incref, integer, new_array, references
from fastconv.kernels.engine.native.words import half, put, room, word
from tests.kernels.engine.native.tables import with_head

pytestmark = pytest.mark.fields


def _numbers(self, arguments, count):
    numbers, memory = word(word(word(self + DATA) + FIRST * WORD) + DATA), room(2)
    put(memory, 0)
    put(memory + WORD, -5)
    put(numbers, integer(word(arguments), memory))
    put(numbers + WORD, half(memory))
    put(numbers + 2 * WORD, word(memory + WORD))
    put(numbers + 3 * WORD, references(word(arguments)))
    none = word(word(self + DATA) + NONE * WORD)
    incref(none)
    return none


@pytest.mark.parametrize(
    ("value", "expected"), [(7, (7, 0)), (-(2**62), (-(2**62), 0)), (2**80, (-1, 1)), (-(2**80), (-1, -1))]
)
def test_integers_and_halves(value, expected):
    numbers = np.zeros(4, np.int64)
    callable_from_python(_numbers, with_head(numbers))(value)
    assert (*numbers[:3],) == (*expected, -5)


def test_references_are_those_that_python_counts():
    numbers, thing = np.zeros(4, np.int64), 2**70
    callable_from_python(_numbers, with_head(numbers))(thing)
    assert 0 < numbers[3] <= sys.getrefcount(thing)


def _array(self, arguments, count):
    head = word(self + DATA)
    dtype, sizes = word(head + FIRST * WORD), word(word(head + (FIRST + 1) * WORD) + DATA)
    owner = word(head + (FIRST + 2) * WORD)
    if owner == word(head + NONE * WORD):
        return new_array(head, dtype, 2, sizes, sizes + 2 * WORD, 0, 0)
    incref(owner)
    return new_array(head, dtype, 2, sizes, sizes + 2 * WORD, word(owner + DATA) + WORD, owner)


@pytest.mark.parametrize("dtype", [np.dtype(np.float32), np.dtype(np.float64)])
def test_new_arrays(dtype):
    sizes = np.array([2, 3, dtype.itemsize, 2 * dtype.itemsize])
    array = callable_from_python(_array, with_head(dtype, sizes, None))()
    assert (array.shape, array.dtype, array.strides) == ((2, 3), dtype, (dtype.itemsize, 2 * dtype.itemsize))
    assert array.flags.owndata and array.flags.writeable and array.flags.f_contiguous
    array[:] = 1


def test_arrays_in_the_memory_of_others():
    dtype, owner, sizes = np.dtype(np.float64), np.arange(9.0), np.array([2, 3, 8, 16])
    function = callable_from_python(_array, with_head(dtype, sizes, owner))
    before = sys.getrefcount(owner)
    array = function()
    np.testing.assert_array_equal(array, owner[1:7].reshape(3, 2).T)
    assert sys.getrefcount(owner) == before + 1
    assert array.base is owner and array.flags.writeable
    del array
    assert sys.getrefcount(owner) == before
