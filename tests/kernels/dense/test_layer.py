"""Dense layers: any size and batch, exact on small integers, within the derived bound on the rest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastconv import kernels, reference
from fastconv.verification import check, dense_cases


def passes(module, x, w, b, dy):
    return {
        "linear": module.linear(x, w, b),
        "linear_input": module.linear_input(w, dy),
        "linear_weight": module.linear_weight(x, dy),
        "linear_bias": module.linear_bias(dy),
    }


SIZES = given(
    samples=st.integers(0, 40), inputs=st.integers(1, 70), outputs=st.integers(1, 70), data=st.data()
)


@settings(max_examples=60, deadline=None, derandomize=True)
@SIZES
def test_small_integers_are_exact(samples, inputs, outputs, data):
    assert_exact(np.float32, samples, inputs, outputs, data)


@settings(max_examples=15, deadline=None, derandomize=True)
@SIZES
def test_small_integers_are_exact_in_float64(samples, inputs, outputs, data):
    """Of fewer sizes: tiles are compiled from the same source, with half the lanes."""
    assert_exact(np.float64, samples, inputs, outputs, data)


def assert_exact(dtype, samples, inputs, outputs, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x, w, b, dy = (
        rng.integers(-4, 5, shape).astype(dtype)
        for shape in ((samples, inputs), (outputs, inputs), (outputs,), (samples, outputs))
    )
    if data.draw(st.booleans()):
        x, w, dy = (np.asfortranarray(a) for a in (x, w, dy))
    exact, fast = passes(reference, x, w, b, dy), passes(kernels, x, w, b, dy)
    for name, result in fast.items():
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, exact[name], err_msg=name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("inputs", [1, 2, 17])
def test_few_samples_of_short_sums_are_exact(inputs, dtype):
    """Fewer samples than a tile has rows, and around it, whatever is the fastest way for more of them."""
    rng = np.random.default_rng(0)
    for outputs in (7, 64):
        w, b = (rng.integers(-4, 5, shape).astype(dtype) for shape in ((outputs, inputs), (outputs,)))
        for samples in range(1, 17) if dtype == np.float32 else (1, 2, 7, 15, 16):
            x = rng.integers(-4, 5, (samples, inputs)).astype(dtype)
            around = np.full((3, samples, inputs), np.nan, dtype)
            around[1] = x
            np.testing.assert_array_equal(kernels.linear(around[1], w, b), reference.linear(x, w, b))


@pytest.mark.parametrize(
    ("samples", "inputs", "outputs"),
    [
        (1, 400, 120),
        (3, 255, 33),
        (5, 256, 32),
        (7, 257, 31),
        (64, 513, 65),
        (200, 1000, 10),
        (1024, 4, 1),
        (1, 1024, 700),
        (130, 512, 40),
        (130, 1100, 90),
        (1030, 90, 9),
        (48, 1100, 37),
        (70, 1024, 130),
        (300, 700, 130),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_within_the_bound(samples, inputs, outputs, dtype):
    """Sums of more than one block; results past the caches; rows that alias in a cache, which are copied."""
    rng = np.random.default_rng(0)
    x, w, b = (
        rng.standard_normal(s).astype(dtype) for s in ((samples, inputs), (outputs, inputs), (outputs,))
    )
    for case in dense_cases(x, w, b):
        row = check(case)
        assert row.passed, row


def test_leading_dimensions():
    rng = np.random.default_rng(0)
    x, w = rng.integers(-4, 5, (2, 3, 5)).astype(np.float32), rng.integers(-4, 5, (4, 5)).astype(np.float32)
    dy = rng.integers(-4, 5, (2, 3, 4)).astype(np.float32)
    exact, fast = passes(reference, x, w, None, dy), passes(kernels, x, w, None, dy)
    for name in exact:
        np.testing.assert_array_equal(fast[name], exact[name], err_msg=name)
    np.testing.assert_array_equal(kernels.linear(x[0, 0], w), reference.linear(x[0, 0], w))
