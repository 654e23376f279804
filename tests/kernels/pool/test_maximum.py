"""Max pooling: the same maxima and places as the reference, whatever the window."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fastconv import functional, kernels, reference

windows = st.fixed_dictionaries(
    {
        "kernel_size": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "stride": st.none() | st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "padding": st.tuples(st.integers(0, 3), st.integers(0, 3)),
        "dilation": st.tuples(st.integers(1, 2), st.integers(1, 2)),
        "ceil_mode": st.booleans(),
    }
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    shape=st.tuples(st.integers(0, 3), st.integers(1, 20), st.integers(1, 12), st.integers(1, 12)),
    window=windows,
    last=st.booleans(),
)
def test_values_and_places(dtype, shape, window, last):
    """Few distinct values make ties, and some are NaN or -inf."""
    assume(all(p < k for p, k in zip(window["padding"], window["kernel_size"], strict=True)))
    rng = np.random.default_rng(sum(shape))
    x = rng.choice(np.array([0, 1, 2, np.nan, -np.inf], dtype), shape, p=[0.3, 0.3, 0.2, 0.1, 0.1])
    if last:
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    try:
        functional.max_pool2d(x, **window)
    except ValueError:
        assume(False)
    exact, places = reference.max_pool2d(x, return_indices=True, **window)
    fast, indices = kernels.max_pool2d(x, return_indices=True, **window)
    np.testing.assert_array_equal(fast, exact)
    np.testing.assert_array_equal(indices, places)
    np.testing.assert_array_equal(kernels.max_pool2d(x, **window), exact)
    assert fast.dtype == dtype and indices.dtype == np.int64
    dy = rng.integers(-4, 5, exact.shape).astype(dtype)
    np.testing.assert_array_equal(
        kernels.max_pool2d_input(dy, indices, x.shape), reference.max_pool2d_input(dy, places, x.shape)
    )


@pytest.mark.parametrize("images", [1, 3])
def test_maxima_may_lie_anywhere(images):
    """One image is dealt in parts of its pixels: a gradient goes to the part that owns its place."""
    rng = np.random.default_rng(0)
    places, dy = rng.integers(0, 6 * 7, (images, 5, 4, 3)), rng.standard_normal((images, 5, 4, 3))
    size = images, 5, 6, 7
    np.testing.assert_array_equal(
        kernels.max_pool2d_input(dy, places, size), reference.max_pool2d_input(dy, places, size)
    )


@pytest.mark.parametrize("size", [(1, 1), (3, 4), (9, 11)], ids=str)
@pytest.mark.parametrize("channels", [1, 37])
def test_adaptive_values_and_places(size, channels):
    """Few distinct values make ties, and some are NaN or -inf."""
    rng = np.random.default_rng(channels)
    values = np.array([0, 1, np.nan, -np.inf], np.float32)
    for images in (0, 2):
        x = rng.choice(values, (images, channels, 9, 8), p=[0.6, 0.2, 0.1, 0.1])
        exact, places = reference.adaptive_max_pool2d(x, size, return_indices=True)
        for array in (x, np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)):
            fast, indices = kernels.adaptive_max_pool2d(array, size, return_indices=True)
            np.testing.assert_array_equal(fast, exact)
            np.testing.assert_array_equal(indices, places)
            np.testing.assert_array_equal(kernels.adaptive_max_pool2d(array, size), exact)
    wide = x.astype(np.float64)
    np.testing.assert_array_equal(kernels.adaptive_max_pool2d(wide, size), exact.astype(np.float64))
