"""Average pooling: the same means as the reference, whatever the window."""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.kernels.engine import machine
from fastconv.verification import adaptive_cases, average_cases, check

LANES = machine.lanes(np.float32)
DIVISIBLE = 5040
"""A multiple of every divisor below: gradients of so much are shared without rounding."""
CHANNELS = [1, LANES + 1, 4 * LANES]
AVERAGES = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": 3, "stride": 1, "padding": 1, "count_include_pad": False},
    {"kernel_size": 3, "stride": 2, "padding": ((1, 0), (0, 1)), "ceil_mode": True},
    {"kernel_size": 2, "stride": 5, "ceil_mode": True},
    {"kernel_size": (4, 3), "stride": (1, 2), "padding": (2, 1), "ceil_mode": True},
    {
        "kernel_size": (2, 5),
        "stride": (3, 4),
        "padding": (0, 2),
        "ceil_mode": True,
        "count_include_pad": False,
    },
    {"kernel_size": 3, "stride": 1, "padding": 2, "count_include_pad": False},
    {"kernel_size": (3, 2), "stride": 2, "padding": ((2, 0), (1, 1)), "ceil_mode": True},
    {"kernel_size": (5, 6), "divisor_override": -7},
]
SIZES = [(1, 1), (2, 3), (4, 9), (9, 8), (11, 16)]


def channels_last(a):
    return np.ascontiguousarray(a.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def with_gaps(a):
    return np.repeat(a, 2, axis=-1)[..., ::2]


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


def integers(shape, dtype=np.float32, factor=1):
    return (factor * np.random.default_rng(sum(shape)).integers(-4, 5, shape)).astype(dtype)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("options", AVERAGES, ids=str)
def test_means_of_small_integers_are_exact(options, channels):
    x = integers((2, channels, 9, 8))
    exact = reference.avg_pool2d(x, **options)
    dy = integers(exact.shape, factor=DIVISIBLE)
    shares = reference.avg_pool2d_input(dy, x.shape, **options)
    for layout in (np.asarray, channels_last, with_gaps, read_only):
        np.testing.assert_array_equal(kernels.avg_pool2d(layout(x), **options), exact)
        np.testing.assert_array_equal(kernels.avg_pool2d_input(layout(dy), x.shape, **options), shares)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_adaptive_means_of_small_integers_are_exact(size, channels):
    x = integers((2, channels, 9, 8))
    exact = reference.adaptive_avg_pool2d(x, size)
    np.testing.assert_array_equal(kernels.adaptive_avg_pool2d(x, size), exact)
    np.testing.assert_array_equal(kernels.adaptive_avg_pool2d(channels_last(x), size), exact)
    dy = integers(exact.shape, factor=DIVISIBLE)
    shares = reference.adaptive_avg_pool2d_input(dy, x.shape)
    np.testing.assert_array_equal(kernels.adaptive_avg_pool2d_input(dy, x.shape), shares)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_means_are_within_the_bound(dtype):
    x = np.random.default_rng(0).standard_normal((2, 4 * LANES, 9, 8)).astype(dtype)
    cases = [case for options in AVERAGES for case in average_cases(str(options), x, options)]
    cases += [case for size in SIZES for case in adaptive_cases(x, size)]
    for case in cases:
        row = check(case)
        assert row.passed, row
        assert row.dtype == np.dtype(dtype)


@pytest.mark.parametrize("images", [0, 1])
def test_means_of_few_images(images):
    x = integers((images, 4 * LANES, 9, 8))
    y = kernels.avg_pool2d(x, 2)
    np.testing.assert_array_equal(y, reference.avg_pool2d(x, 2))
    assert kernels.avg_pool2d_input(y, x.shape, 2).shape == x.shape
    y = kernels.adaptive_avg_pool2d(x, (1, 1))
    np.testing.assert_array_equal(y, reference.adaptive_avg_pool2d(x, (1, 1)))
    assert kernels.adaptive_avg_pool2d_input(y, x.shape).shape == x.shape


def test_a_nan_and_an_infinity_reach_their_windows_alone():
    x = integers((1, 4 * LANES, 9, 8))
    x[0, 3, 2, 2], x[0, 4, 5, 5] = np.nan, np.inf
    for options in AVERAGES[:2]:
        exact = reference.avg_pool2d(x, **options)
        np.testing.assert_array_equal(kernels.avg_pool2d(x, **options), exact)
        shares = reference.avg_pool2d_input(exact, x.shape, **options)
        np.testing.assert_array_equal(
            np.isfinite(kernels.avg_pool2d_input(exact, x.shape, **options)), np.isfinite(shares)
        )
