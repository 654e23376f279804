"""A change of any word changes the digest of its chunk, and of no other."""

import numpy as np
import pytest

from fastconv.kernels.memory.digest import CHUNK, digest, table_of


def digests_of(*arrays):
    table = table_of(list(arrays))
    found = np.zeros(len(table), np.int64)
    digest(table, found)
    return found


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 7, 15, 16, 33, 1000, 20_001])
def test_each_element_counts(size, dtype):
    array = np.random.default_rng(0).standard_normal(size).astype(dtype)
    before = digests_of(array)
    assert len(before) == -(-array.nbytes // CHUNK)
    np.testing.assert_array_equal(digests_of(array), before)
    for index in {0, size // 2, size - 1}:
        old = array[index]
        array[index] = np.nextafter(old, np.inf)
        changed = digests_of(array) != before
        assert changed.nonzero()[0].tolist() == [index * array.itemsize // CHUNK]
        array[index] = -0.0 if old == 0 else -old
        assert (digests_of(array) != before).sum() == 1
        array[index] = old


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [64, 1024, 20_000])
def test_signs_do_not_hide_each_other(size, dtype):
    array = np.random.default_rng(0).standard_normal(size).astype(dtype)
    before = digests_of(array)
    for step in (1, 2, 8, 16, 32):
        for first in {0, step - 1}:
            changed = array.copy()
            changed[first::step] *= -1
            assert (digests_of(changed) != before).all()


def test_the_order_of_elements_counts():
    a = np.arange(64, dtype=np.float32)
    assert digests_of(a)[0] != digests_of(a[::-1].copy())[0]
    swapped = a.copy()
    swapped[[0, 16]] = swapped[[16, 0]]
    assert digests_of(a)[0] != digests_of(swapped)[0]


def test_no_arrays():
    assert digests_of().size == 0
