"""Exponentials and logarithms of vectors, to a few units of the last place of the exact value."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.simd import exp, expm1, log, log1p, read, select, write

DTYPES = [np.float32, np.float64]


@njit
def functions(g, x, e, l):  # noqa: E741
    for i in range(0, x.size, g.lanes):
        count = min(g.lanes, x.size - i)
        v = read(x, i, g.lanes, count)
        write(exp(v), e, i, count)
        write(log1p(select((v >= 0) & (v <= 1), v, 0)), l, i, count)


def units(fast, x, function):
    """The largest error in units of the last place of the exact value."""
    worst = 0.0
    for value, result in zip(x.tolist(), fast.tolist(), strict=True):
        exact = function(Decimal(value))
        unit = float(np.spacing(fast.dtype.type(float(exact))))
        worst = max(worst, abs(float(Decimal(result) - exact)) / unit)
    return worst


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_and_log1p(dtype):
    """Over the whole range, down to subnormal results."""
    lowest, highest = (-103.2, 88.7) if dtype == np.float32 else (-744.4, 709.7)
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [rng.uniform(lowest, highest, 3000), rng.standard_normal(1000), rng.random(2000), [0, 1]]
    ).astype(dtype)
    e, l = np.empty_like(x), np.empty_like(x)  # noqa: E741
    functions(Geometry(lanes=machine.lanes(dtype)), x, e, l)
    with localcontext() as context:
        context.prec = 60
        assert units(e, x, Decimal.exp) <= 2
        inside = (x >= 0) & (x <= 1)
        assert units(l[inside], x[inside], lambda value: (1 + value).ln()) <= 4


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_at_the_extremes(dtype):
    x = np.array([-np.inf, -1e30, -1e4, -0.0, 0.0, 1e4, 1e30, np.inf, np.nan], dtype)
    e, l = np.empty_like(x), np.empty_like(x)  # noqa: E741
    functions(Geometry(lanes=machine.lanes(dtype)), x, e, l)
    np.testing.assert_array_equal(e, np.array([0, 0, 0, 1, 1, np.inf, np.inf, np.inf, np.nan], dtype))


@njit
def inverse_functions(g, x, e, l):  # noqa: E741
    for i in range(0, x.size, g.lanes):
        count = min(g.lanes, x.size - i)
        v = read(x, i, g.lanes, count)
        write(expm1(select(v > 0, 0, v)), e, i, count)
        write(log(select(v < 0, 0, v)), l, i, count)


@pytest.mark.parametrize("dtype", DTYPES)
def test_expm1_and_log(dtype):
    """Also near 0 and near 1, where they are small."""
    rng = np.random.default_rng(0)
    small = 10.0 ** rng.uniform(-20, 0, 1000)
    x = np.concatenate([-small, -rng.uniform(0, 60, 2000), small, rng.uniform(0, 4, 2000), 1 - small[:500]])
    x = np.concatenate([x, 1 + small[:500], 10.0 ** rng.uniform(-37, 37, 500)]).astype(dtype)
    e, l = np.empty_like(x), np.empty_like(x)  # noqa: E741
    inverse_functions(Geometry(lanes=machine.lanes(dtype)), x, e, l)
    with localcontext() as context:
        context.prec = 60
        assert units(e[x < 0], x[x < 0], lambda value: value.exp() - 1) <= 3
        assert units(l[(x > 0) & (x != 1)], x[(x > 0) & (x != 1)], Decimal.ln) <= 4
    assert not l[x == 1].any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_expm1_and_log_at_the_extremes(dtype):
    x = np.array([-np.inf, -1e30, -0.0, 0.0, np.finfo(dtype).smallest_subnormal, np.nan], dtype)
    e, l = np.empty_like(x), np.empty_like(x)  # noqa: E741
    inverse_functions(Geometry(lanes=machine.lanes(dtype)), x, e, l)
    np.testing.assert_array_equal(e, [-1, -1, 0, 0, 0, np.nan])
    np.testing.assert_array_equal(l, [-np.inf] * 5 + [np.nan])
