"""Windows that do not meet: the maxima, places and gradients of the pooling with indices."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fastconv import functional, kernels, reference
from fastconv.kernels.pool import apart

windows = st.fixed_dictionaries(
    {
        "kernel_size": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "stride": st.none() | st.tuples(st.integers(1, 5), st.integers(1, 5)),
        "padding": st.tuples(st.integers(0, 2), st.integers(0, 2)),
        "ceil_mode": st.booleans(),
    }
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    shape=st.tuples(st.integers(0, 3), st.integers(1, 20), st.integers(1, 12), st.integers(1, 12)),
    window=windows,
)
def test_as_with_indices(dtype, shape, window):
    assume(apart(**window))
    assume(all(p < k for p, k in zip(window["padding"], window["kernel_size"], strict=True)))
    rng = np.random.default_rng(sum(shape))
    x = rng.choice(np.array([0, 1, 2, -1, np.nan], dtype), shape, p=[0.3, 0.2, 0.2, 0.2, 0.1])
    try:
        functional.max_pool2d(x, **window)
    except ValueError:
        assume(False)
    exact, indices = kernels.max_pool2d(x, return_indices=True, **window)
    dy = rng.integers(-4, 5, exact.shape).astype(dtype)
    for rules in (kernels, reference):
        y, places = rules.max_pool2d_placed(x, **window)
        np.testing.assert_array_equal(y, exact)
        assert places.dtype == np.uint8
        for output in (None, y):
            slope = dy if output is None else np.where(output > 0, dy, 0).astype(dtype)
            dx = rules.max_pool2d_placed_input(dy, places, output, shape, **window)
            assert dx.dtype == dtype
            np.testing.assert_array_equal(dx, kernels.max_pool2d_input(slope, indices, shape))


def test_apart():
    assert apart(2) and apart((2, 3), (2, 4)) and apart(15)
    assert not (apart(3, 2) or apart((2, 2), (2, 1)) or apart(2, 4, 2) or apart(16))
