"""Sums over axes: exact on small integers, within the bound of a sum on others, whatever the memory."""

import numpy as np
import pytest

import fastconv
from fastconv import kernels, reference
from fastconv.benchmark.ours import channels_last

SIZES = [
    ((2, 5, 3, 4), (2, 5, 1, 1)),
    ((3, 40, 30, 31), (3, 40, 1, 1)),
    ((2, 5, 3, 4), (1, 5, 1, 1)),
    ((2, 5, 3, 4), (5, 1, 1)),
    ((2, 5, 3, 4), (2, 1, 3, 4)),
    ((2, 5, 3, 4), (2, 5, 3, 1)),
    ((2, 5, 3, 4), (1, 5, 1, 4)),
    ((2, 5, 3, 4), (3, 4)),
    ((2, 5, 3, 4), ()),
    ((2, 5, 3, 4), (2, 5, 3, 4)),
    ((7, 9001), (7, 1)),
    ((7, 9001), (9001,)),
    ((9001, 3), (3,)),
    ((40000,), ()),
    ((0, 3), (3,)),
    ((2, 0, 3), (2, 1, 1)),
    ((2, 3, 2, 3, 2), (3, 1, 3, 1)),
]


def integers(shape, seed, dtype):
    return np.random.default_rng(seed).integers(-8, 9, shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("shape", "size"), SIZES)
def test_sums_of_small_integers_are_exact(shape, size, dtype):
    x, f = integers(shape, 0, dtype), integers(shape, 1, dtype)
    for lay in (np.asarray, channels_last) if len(shape) == 4 else (np.asarray,):
        for factor in (None, f, lay(f)):
            s = kernels.sum_to_size(lay(x), size, factor)
            assert (s.dtype, s.shape) == (dtype, size)
            assert s.base is not x
            np.testing.assert_array_equal(s, reference.sum_to_size(x, size, factor))


def test_a_sum_by_channels_is_channels_last_and_has_the_same_bits_for_any_threads():
    x = channels_last(np.random.default_rng(0).normal(size=(2, 64, 90, 80)).astype(np.float32))
    before = fastconv.get_num_threads()
    try:
        found = []
        for threads in (1, 2):
            fastconv.set_num_threads(min(threads, before))
            found.append([kernels.sum_to_size(x, size, x) for size in ((2, 64, 1, 1), (2, 1, 90, 80), ())])
    finally:
        fastconv.set_num_threads(before)
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_allclose(found[0][0], (x.astype(float) ** 2).sum(axis=(2, 3), keepdims=True), rtol=1e-5)
