"""Arrays as kernels receive them: the memory and the shape of NumPy's object, and no reference to it."""

import sys

import numpy as np
import pytest

from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.engine.jit import kernel
from fastconv.kernels.engine.operand import elements, operand_type
from fastconv.kernels.engine.walk import address


@kernel
def _twice(g, x, y, first, last):
    """y = 2 x, and to each element what the kernel reads of the array beside its elements."""
    for i in range(first, last):
        for j in range(x.shape[1]):
            for k in range(x.shape[2]):
                y[i, j, k] = 2 * x[i, j, k] + x.size + x.strides[0] + x.itemsize


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 1, 1), (5, 1, 2)])
def test_a_kernel_sees_memory_and_shape(shape, dtype):
    x = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    y, outside = np.zeros_like(x), np.arange(3 * x.size, dtype=dtype)
    inner = outside[x.size : 2 * x.size].reshape(shape)
    for source in (x, inner):
        _twice(shape[0], 0, Geometry(), source, y)
        np.testing.assert_array_equal(y, 2 * source + x.size + source[:1].nbytes + x.itemsize)


def test_an_empty_array_has_no_elements():
    x = np.empty((0, 3, 4), np.float32)
    _twice(0, 0, Geometry(), x, x)


def test_read_only_arrays_share_the_machine_code():
    x, y = np.ones((2, 3, 4)), np.zeros((2, 3, 4))
    x.flags.writeable = False
    assert operand_type(x) == operand_type(y)
    _twice(2, 0, Geometry(), x, y)
    assert (y == y[0, 0, 0]).all()


def test_no_reference_is_kept():
    x, y = np.ones((2, 3, 4)), np.zeros((2, 3, 4))
    before = sys.getrefcount(x)
    for _ in range(10):
        _twice(2, 0, Geometry(), x, y)
    assert sys.getrefcount(x) == before


@kernel
def _halve(g, table, like, first, last):
    """Halve some elements of each array of the table: (address, first element, elements)."""
    for job in range(first, last):
        line = elements(table[job, 0], table[job, 1], table[job, 2], like)
        for i in range(line.size):
            line[i] *= 0.5


def test_a_table_names_arrays_by_their_addresses():
    whole, part = np.ones((3, 4), np.float32), np.ones(12, np.float32)[2:9]
    table = np.array([(address(whole), 1, 10), (address(part), 0, 6)], np.int64)
    counts = sys.getrefcount(whole), sys.getrefcount(part)
    _halve(2, 0, Geometry(), table, whole)
    np.testing.assert_array_equal(whole.ravel(), [1, *[0.5] * 10, 1])
    np.testing.assert_array_equal(part.base, [1, 1, *[0.5] * 6, 1, 1, 1, 1])
    assert (sys.getrefcount(whole), sys.getrefcount(part)) == counts
