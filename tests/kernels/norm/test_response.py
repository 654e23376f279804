import numpy as np
import pytest

import fastconv
from fastconv import kernels, reference
from fastconv.benchmark.ours import channels_last

SHAPES = [(2, 7, 3, 4), (1, 1, 2, 2), (2, 40, 5, 3), (3, 6, 5), (2, 5, 2, 3, 2), (0, 3, 2, 2)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_values_and_gradients(shape, size, dtype):
    rng = np.random.default_rng(0)
    x, dy = (rng.normal(scale=3, size=shape).astype(dtype) for _ in range(2))
    options = size, 0.3, 0.75, 2.0
    y, dx = reference.local_response_norm(x, *options), reference.local_response_norm_input(x, dy, *options)
    eps = np.finfo(dtype).eps
    for lay in (np.asarray, channels_last) if len(shape) == 4 else (np.asarray,):
        fast = kernels.local_response_norm(lay(x), *options)
        assert (fast.dtype, fast.shape) == (dtype, shape)
        np.testing.assert_allclose(fast, y, rtol=30 * eps)
        gradient = kernels.local_response_norm_input(lay(x), lay(dy), *options)
        np.testing.assert_allclose(gradient, dx, rtol=0, atol=100 * eps)


def test_an_exponent_of_any_sign_and_the_usual_constants():
    x = np.random.default_rng(1).normal(scale=100, size=(2, 9, 3, 3))
    for options in ((5,), (3, 1e-3, -0.5, 0.25), (4, 0.0, 0.5, 1.0)):
        expected = reference.local_response_norm(x, *options)
        np.testing.assert_allclose(kernels.local_response_norm(x, *options), expected, rtol=1e-13)


def test_the_number_of_threads_changes_no_bit():
    x = np.random.default_rng(2).normal(size=(2, 32, 80, 80)).astype(np.float32)
    before = fastconv.get_num_threads()
    try:
        found = []
        for threads in (1, 2):
            fastconv.set_num_threads(min(threads, before))
            found.append(kernels.local_response_norm_input(x, x, 5))
    finally:
        fastconv.set_num_threads(before)
    np.testing.assert_array_equal(*found)
