"""Normalised rows: exact where they can be, in any layout, with any number of threads.

That they are within the bound is tested with `channels`.
"""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.kernels.engine import jit
from fastconv.kernels.engine.machine import lanes
from tests.kernels.norm.cases import drawn

LENGTHS = [1, 2, lanes(np.float32) - 1, lanes(np.float32), 50]


@pytest.mark.parametrize("length", LENGTHS)
def test_rows_of_small_integers_are_exact(length):
    x = np.where(np.arange(6 * length) % 2, 5, 3).reshape(6, length).astype(np.float32)
    x[:, : length % 2] = 4
    w, b = drawn(length, np.float32).round(), drawn(length, np.float32, seed=1).round()
    exact = reference.layer_norm(x, (length,), w, b, 4 - np.var(x[0], dtype=np.float64), True)
    fast = kernels.layer_norm(x, (length,), w, b, 4 - np.var(x[0], dtype=np.float64), True)
    for ours, theirs in zip(fast, exact, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    np.testing.assert_array_equal(fast[1], exact[1])


def test_a_variance_far_from_zero_keeps_its_digits():
    x = np.random.default_rng(0).integers(-100, 100, (5, 77)).astype(np.float32)
    _, _, var = kernels.layer_norm(x + np.float32(1e6), (77,), return_statistics=True)
    np.testing.assert_allclose(var, x.astype(np.float64).var(axis=1), rtol=1e-6)
    _, _, var = kernels.layer_norm(np.full((2, 77), 0.1, np.float32), (77,), return_statistics=True)
    np.testing.assert_array_equal(var, [0, 0])


def test_any_layout_and_number_of_threads_gives_the_same_bits():
    x, dy = drawn((300, 7, 50), np.float32), drawn((300, 7, 50), np.float32, seed=1)

    def all_of(x, dy):
        y, mean, var = kernels.layer_norm(x, (7, 50), return_statistics=True)
        return y, mean, var, *kernels.layer_norm_gradients(dy, x, mean, var, (7, 50), x[0])

    expected = all_of(x, dy)
    results = [all_of(np.repeat(x, 2, axis=-1)[..., ::2], np.asfortranarray(dy))]
    if jit.get_num_threads() > 1:
        threads = jit.get_num_threads()
        jit.set_num_threads(1)
        results.append(all_of(x, dy))
        jit.set_num_threads(threads)
    for result in results:
        assert all(np.array_equal(a, b) for a, b in zip(result, expected, strict=True))


def test_nan_stays_in_its_row():
    x = drawn((4, 20), np.float32)
    x[1, 19] = np.nan
    y, _, var = kernels.layer_norm(x, (20,), return_statistics=True)
    assert np.isnan(y).all(axis=1).tolist() == np.isnan(var).tolist() == [False, True, False, False]
    assert not np.isnan(y[::2]).any()
