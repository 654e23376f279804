"""Convolution, ReLU and pooling in one pass: the bits of the three, and of their gradients."""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.kernels.conv import poolable

CASES = [
    # x, filters, taps, padding, stride
    ((3, 1, 28, 28), 6, (5, 5), 0, 1),
    ((2, 1, 28, 28), 6, (5, 5), 2, 1),
    ((1, 1, 21, 34), 4, (3, 3), 0, 1),
    ((5, 3, 48, 21), 4, (3, 3), 1, 1),
    ((2, 2, 40, 37), 3, (3, 2), ((1, 0), (2, 1)), 1),
    ((2, 1, 70, 35), 2, (3, 3), 1, (2, 1)),
    ((4, 4, 9, 31), 6, (2, 3), 0, 1),
    ((0, 1, 28, 28), 6, (5, 5), 0, 1),
]
DTYPES = [
    (case, np.dtype(dtype))
    for case in CASES
    for dtype in ("f4", "f8")
    if poolable(case[0], (case[1], case[0][1], *case[2]), case[4], case[3], 1, 1, np.dtype(dtype))
]


def test_all_cases_fit_in_float32_and_some_in_float64():
    assert [case for case, dtype in DTYPES if dtype == "f4"] == CASES
    assert len(DTYPES) > len(CASES)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("case", "dtype"), DTYPES, ids=str)
def test_the_bits_of_one_after_another(case, bias, dtype):
    size, filters, taps, padding, stride = case
    rng = np.random.default_rng(0)
    x = rng.standard_normal(size).astype(dtype)
    w = rng.standard_normal((filters, size[1], *taps)).astype(dtype)
    b = rng.standard_normal(filters).astype(dtype) if bias else None
    if x.size:
        x[0, 0, :3, :3] = np.nan
    z = kernels.conv2d(x, w, b, stride, padding, relu=True)
    exact, indices = kernels.max_pool2d(z, 2, return_indices=True)
    y, places = kernels.conv2d_pooled(x, w, b, stride, padding)
    np.testing.assert_array_equal(y, exact)
    np.testing.assert_array_equal(places == 4, ~(y > 0))
    dy = rng.standard_normal(y.shape).astype(dtype)
    dz = kernels.max_pool2d_input(np.where(y > 0, dy, 0).astype(dtype), indices, z.shape)
    np.testing.assert_array_equal(
        kernels.conv2d_pooled_weight(x, w.shape, dy, places, stride, padding),
        kernels.conv2d_weight(x, w.shape, dz, stride, padding),
    )
    np.testing.assert_array_equal(
        kernels.conv2d_pooled_bias(dy, places, z.shape[2:]), kernels.conv2d_bias(dz)
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_the_reference(case):
    size, filters, taps, padding, stride = case
    rng = np.random.default_rng(0)
    x = rng.integers(-3, 4, size).astype(np.float32)
    w = rng.integers(-3, 4, (filters, size[1], *taps)).astype(np.float32)
    y, places = reference.conv2d_pooled(x, w, None, stride, padding)
    dy = rng.integers(-3, 4, y.shape).astype(np.float32)
    z = reference.conv2d(x, w, None, stride, padding).shape[2:]
    for fast, exact in zip(kernels.conv2d_pooled(x, w, None, stride, padding), (y, places), strict=True):
        np.testing.assert_array_equal(fast, exact)
    given = w.shape, dy, places, stride, padding
    np.testing.assert_array_equal(
        kernels.conv2d_pooled_weight(x, *given), reference.conv2d_pooled_weight(x, *given)
    )
    np.testing.assert_array_equal(
        kernels.conv2d_pooled_bias(dy, places, z), reference.conv2d_pooled_bias(dy, places, z)
    )


@pytest.mark.parametrize(
    ("size", "weight", "fits"),
    [
        ((8, 1, 28, 28), (6, 1, 5, 5), True),
        ((8, 16, 28, 28), (6, 16, 5, 5), False),  # channels that fill vectors
        ((8, 1, 28, 28), (32, 1, 5, 5), False),  # filters that do
        ((8, 1, 5, 28), (6, 1, 5, 5), False),  # one row: no window
        ((8, 1, 49, 28), (6, 1, 1, 5), False),  # two blocks of 25 rows cut a window
    ],
)
def test_where_it_fits(size, weight, fits):
    assert poolable(size, weight, 1, 0, 1, 1, np.dtype(np.float32)) is fits
