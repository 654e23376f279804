import numpy as np
import pytest

import fastconv
from fastconv import kernels
from fastconv.benchmark.ours import channels_last


def values(shape, seed, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


@pytest.mark.parametrize("lay", [lambda a: a, channels_last])
@pytest.mark.parametrize("dim", [0, 1, 2, 3, -1, -3])
@pytest.mark.parametrize("sizes", [(1, 2, 5), (16, 8), (3, 0, 4)])
def test_images_one_after_the_other_and_apart_again(lay, dim, sizes):
    parts = []
    for number, size in enumerate(sizes):
        shape = [2, 6, 5, 4]
        shape[dim] = size
        parts.append(lay(values(shape, number, np.float32)))
    y = kernels.concat(parts, dim)
    assert np.array_equal(y, np.concatenate(parts, dim))
    if lay is channels_last:
        assert y.transpose(0, 2, 3, 1).flags.c_contiguous
    for part, again in zip(parts, kernels.concat_input(y, sizes, dim), strict=True):
        assert np.array_equal(part, again)
        assert again.base is not y


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_rows_one_after_the_other(dim):
    parts = [values((3, 4), number) for number in range(3)]
    assert np.array_equal(kernels.concat(parts, dim), np.concatenate(parts, dim))
    assert np.array_equal(kernels.concat([np.arange(3.0)], 0), np.arange(3.0))


def test_large_results_are_the_same_with_any_number_of_threads():
    a, b = (channels_last(values((2, 64, 260, 260), seed, np.float32)) for seed in (0, 1))
    before = fastconv.get_num_threads()
    try:
        for threads in (1, 2):
            fastconv.set_num_threads(min(threads, before))
            assert np.array_equal(kernels.concat([a, b]), np.concatenate([a, b], 1))
    finally:
        fastconv.set_num_threads(before)
