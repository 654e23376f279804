"""Tiles whose lanes run along a sum: products, sums of lanes, transposes, between guard zones."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.simd import dot, load, plus, store, sums, transposed, zero

GUARD = 7.0
DTYPES = [np.float32, np.float64]


@njit
def products(g, a, a_step, b, b_step, c, count):
    acc = dot(zero(c, g.rows, g.vectors, g.lanes), a, 1, a_step, b, 2, b_step, count)
    store(sums(plus(acc, acc)), c, 1, g.vectors, g.vectors)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("rows", "vectors"), [(1, 1), (4, 4), (3, 2), (2, 8)])
def test_products_of_rows_with_rows(rows, vectors, dtype):
    """Rows end with the last lane that counts, off any vector's alignment."""
    lanes, rng = machine.lanes(dtype), np.random.default_rng(0)
    if vectors > lanes:
        pytest.skip("a row of sums has at most `lanes` of them")
    g = Geometry(rows=rows, vectors=vectors, lanes=lanes)
    for count in range(1, lanes + 1):
        a_step, b_step = count + 1, count + 3
        a = rng.integers(-4, 5, 1 + (rows - 1) * a_step + count).astype(dtype)
        b = rng.integers(-4, 5, 2 + (vectors - 1) * b_step + count).astype(dtype)
        c = np.full(rows * vectors + 2, GUARD, dtype)
        products(g, a, a_step, b, b_step, c, count)
        left = np.stack([a[1 + i * a_step :][:count] for i in range(rows)])
        right = np.stack([b[2 + j * b_step :][:count] for j in range(vectors)])
        np.testing.assert_array_equal(c[1:-1].reshape(rows, vectors), 2 * left @ right.T)
        assert c[0] == c[-1] == GUARD


@njit
def transpose(g, a, c):
    store(transposed(load(a, 0, g.lanes, g.lanes, 1, g.lanes, g.lanes)), c, 0, g.lanes, g.lanes)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_square_tile_is_transposed(dtype):
    lanes = machine.lanes(dtype)
    a = np.arange(lanes * lanes, dtype=dtype).reshape(lanes, lanes)
    c = np.empty_like(a)
    transpose(Geometry(lanes=lanes), a.ravel(), c.ravel())
    np.testing.assert_array_equal(c, a.T)
