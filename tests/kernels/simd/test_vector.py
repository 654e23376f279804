"""Vectors: arithmetic, masks and memory lane by lane."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.simd import (
    below,
    cast,
    full,
    held,
    larger,
    largest,
    magnitude,
    read,
    rotated,
    rounded,
    select,
    total,
    wins,
    write,
)

GUARD = 7.0
DTYPES = [np.float32, np.float64]


@njit
def mixture(g, x, y, z, at, count):
    a, b = read(x, at, g.lanes, count), read(y, at, g.lanes, count)
    two = full(x.dtype.type(2), g.lanes)
    v = select((a < b) & (a != 1), 2 * a + b, magnitude(b - a) / two)
    write(select(below(count, g.lanes), v, -1), z, at, count)
    return total(a)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_count(dtype):
    """The arrays end with the last lane; what lies around is untouched, in either type of the result."""
    lanes = machine.lanes(dtype)
    g, rng = Geometry(lanes=lanes), np.random.default_rng(0)
    for count in range(lanes + 1):
        x, y = (rng.integers(-4, 5, 3 + count).astype(dtype) for _ in range(2))
        for out in DTYPES:
            z = np.full(3 + count + 3, GUARD, out)
            expected = z.copy()
            a, b = x[3:], y[3:]
            expected[3 : 3 + count] = np.where((a < b) & (a != 1), 2 * a + b, np.abs(b - a) / 2)
            assert mixture(g, x, y, z, 3, count) == a.sum()
            np.testing.assert_array_equal(z, expected)


@njit(fastmath={"contract"})
def product_then_sum(g, x, y, z, count):
    a, b = held(x, 0, g.lanes, count), held(y, 0, g.lanes, count)
    write(rounded(a * b) + b, z, 0, count)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_product_that_is_rounded_is_not_added_unrounded(dtype):
    lanes = machine.lanes(dtype)
    rng = np.random.default_rng(0)
    for count in range(lanes + 1):
        x, y = (rng.standard_normal(count).astype(dtype) for _ in range(2))
        z = np.full(count + 1, GUARD, dtype)
        product_then_sum(Geometry(lanes=lanes), x, y, z, count)
        np.testing.assert_array_equal(z, [*(x * y + y), GUARD])


@njit
def places(g, z, start):
    write(full(np.int32(start), g.lanes) + np.int32(1), z, 0, g.lanes)


def test_integers_widen_where_they_are_written():
    lanes = machine.lanes(np.float32)
    z = np.zeros(lanes, np.int64)
    places(Geometry(lanes=lanes), z, -3)
    np.testing.assert_array_equal(z, np.full(lanes, -2))


@njit
def turned(x, y, z):
    v = rotated(read(x, 0, 4, 4) ^ read(y, 0, 4, 4), 20)
    write(v, z, 0, 4)
    return total(v)


def test_bits_of_integers():
    rng = np.random.default_rng(0)
    x, y, z = (rng.integers(-(2**63), 2**63, 4) for _ in range(3))
    found = turned(x, y, z)
    bits = (x ^ y).view(np.uint64)
    np.testing.assert_array_equal(z.view(np.uint64), bits << np.uint64(20) | bits >> np.uint64(44))
    assert found == z.sum()


@njit
def maxima(g, x, y, z):
    a, b = read(x, 0, g.lanes, g.lanes), read(y, 0, g.lanes, g.lanes)
    write(larger(a, b), z, 0, g.lanes)
    write(select(wins(b, a), b, a), z, g.lanes, g.lanes)
    return largest(a)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_nan_wins_a_maximum(dtype):
    lanes = machine.lanes(dtype)
    rng = np.random.default_rng(0)
    for _ in range(50):
        x, y = (rng.choice(np.array([-np.inf, 0, 1, np.nan], dtype), lanes) for _ in range(2))
        z = np.zeros(2 * lanes, dtype)
        most = maxima(Geometry(lanes=lanes), x, y, z)
        np.testing.assert_array_equal(z, np.tile(np.maximum(x, y), 2))
        np.testing.assert_array_equal(most, x.max())


@njit
def narrow(g, x, y):
    write(cast(read(x, 0, g.lanes, g.lanes), np.float64) * 1.5, y, 0, g.lanes)


def test_cast():
    lanes = machine.lanes(np.float32)
    x, y = np.arange(lanes, dtype=np.float32), np.zeros(lanes, np.float32)
    narrow(Geometry(lanes=lanes), x, y)
    np.testing.assert_array_equal(y, 1.5 * x)
