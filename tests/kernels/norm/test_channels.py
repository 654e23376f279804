"""Normalised channels: within the bound, exact where it can be, in any layout, with any number of threads."""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.kernels.engine import jit
from fastconv.verification import check, norm_cases
from tests.kernels.norm.cases import SHAPES, channels_last, drawn


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("shape", "groups"), SHAPES, ids=str)
def test_everything_is_within_the_bound(shape, groups, dtype):
    for case in norm_cases(str(shape), drawn(shape, dtype, 1.0), groups):
        row = check(case)
        assert row.passed, row


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("groups", [None, 2])
def test_sums_of_small_integers_are_exact(groups, dtype):
    """Deviations of 1 from means that are whole numbers, a square root that is one, too."""
    signs = np.where((np.arange(8) + np.arange(4)[:, None]) % 2, 1, -1)
    x = np.tile(signs + np.repeat([3, 8], 2)[:, None], (4, 1, 1)).astype(dtype)
    mean, var = kernels.channel_statistics(x, groups)
    np.testing.assert_array_equal(var, np.ones_like(var))
    np.testing.assert_array_equal(mean, reference.channel_statistics(x, groups)[0])
    w, b = np.array([1, 2, -3, 4], dtype), np.array([0, 1, 2, 3], dtype)
    y = kernels.channel_norm(x, mean, var, w, b, 3.0)
    np.testing.assert_array_equal(y, reference.channel_norm(x, mean, var, w, b, 3.0))
    dy = np.random.default_rng(0).integers(-4, 5, x.shape).astype(dtype)
    for output in (None, np.maximum(y, 0)):
        for training in (True, False):
            given = (dy, x, mean, var, w, 3.0, training, output)
            for fast, exact in zip(
                kernels.channel_norm_gradients(*given), reference.channel_norm_gradients(*given), strict=True
            ):
                np.testing.assert_array_equal(fast, exact)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("groups", [None, 3])
def test_a_variance_far_from_zero_keeps_its_digits(groups, dtype):
    """The numbers are exact, so that nothing but the arithmetic can lose a digit."""
    x = np.random.default_rng(0).integers(-100, 100, (4, 3, 40, 10)).astype(dtype)
    far = 1e6 if dtype == np.float32 else 1e13
    _, var = kernels.channel_statistics(x + dtype(far), groups)
    _, expected = reference.channel_statistics(x.astype(np.float64), groups)
    np.testing.assert_allclose(var, expected, rtol=4 * np.finfo(dtype).eps if dtype == np.float32 else 1e-13)


def test_equal_elements_have_no_variance():
    x = np.full((2, 3, 5, 5), 0.1, np.float32)
    for groups in (None, 1):
        mean, var = kernels.channel_statistics(x, groups)
        np.testing.assert_array_equal(mean, np.full(mean.shape, 0.1, np.float32))
        np.testing.assert_array_equal(var, np.zeros(var.shape))


def test_nan_stays_in_its_channel():
    x = drawn((2, 3, 5, 5), np.float32)
    x[1, 1, 2, 2] = np.nan
    mean, var = kernels.channel_statistics(x)
    assert np.isnan(mean).tolist() == np.isnan(var).tolist() == [False, True, False]
    y = kernels.channel_norm(x, mean, var, relu=True)
    assert np.isnan(y[:, 1]).all() and not np.isnan(y[:, ::2]).any()
    dx = kernels.channel_norm_gradients(x, x, mean, var, output=y)[2]
    assert np.isnan(dx[:, 1]).all() and not np.isnan(dx[:, ::2]).any()


@pytest.mark.parametrize("groups", [None, 2])
def test_any_layout_gives_the_same_bits(groups):
    x, dy = drawn((3, 6, 5, 4), np.float32), drawn((3, 6, 5, 4), np.float32, seed=1)
    mean, var = kernels.channel_statistics(x, groups)
    y = kernels.channel_norm(x, mean, var, relu=True)
    expected = kernels.channel_norm_gradients(dy, x, mean, var, output=y)
    assert channels_last(y).strides == y.strides
    read_only = x.copy()
    read_only.flags.writeable = False
    for other in (channels_last(x), np.repeat(x, 2, axis=-1)[..., ::2], read_only):
        for fast, exact in zip(kernels.channel_statistics(other, groups), (mean, var), strict=True):
            np.testing.assert_array_equal(fast, exact)
        np.testing.assert_array_equal(kernels.channel_norm(other, mean, var, relu=True), y)
        gradients = kernels.channel_norm_gradients(dy, other, mean, var, output=y)
        assert all(np.array_equal(a, b) for a, b in zip(gradients, expected, strict=True))


@pytest.mark.parametrize("groups", [None, 4])
def test_the_number_of_threads_changes_no_bit(groups):
    if jit.get_num_threads() < 2:
        pytest.skip("needs two threads")
    x, dy = drawn((9, 64, 24, 16), np.float32, 1.0), drawn((9, 64, 24, 16), np.float32, seed=1)
    results = []
    for threads in (1, 2):
        jit.set_num_threads(threads)
        mean, var = kernels.channel_statistics(x, groups)
        y = kernels.channel_norm(x, mean, var, x[0, :, 0, 0], x[1, :, 0, 0], relu=True)
        results.append((mean, var, y, *kernels.channel_norm_gradients(dy, x, mean, var, output=y)))
    assert all(np.array_equal(a, b) for a, b in zip(*results, strict=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_running_statistics_move_in_place(dtype):
    statistics = [np.abs(drawn(37, dtype, 1.0, seed)) for seed in range(4)]
    guarded = [np.append(array, dtype(7)) for array in statistics[:2]]
    exact = [array.copy() for array in statistics[:2]]
    for _ in range(3):
        reference.update_statistics(*exact, *statistics[2:], 9, 0.3)
        kernels.update_statistics(guarded[0][:-1], guarded[1][:-1], *statistics[2:], 9, 0.3)
    for ours, theirs in zip(guarded, exact, strict=True):
        np.testing.assert_allclose(ours[:-1], theirs, rtol=4 * np.finfo(dtype).eps)
        assert ours[-1] == 7
