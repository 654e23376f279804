"""The normal distribution's density and tail, to a few units of the last place of the exact value."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.simd import bell, magnitude, read, select, tail, write

DTYPES = [np.float32, np.float64]


@njit
def functions(g, x, b, t):
    for i in range(0, x.size, g.lanes):
        count = min(g.lanes, x.size - i)
        v = read(x, i, g.lanes, count)
        write(bell(v), b, i, count)
        finite = select(magnitude(v) > 1e30, 1, v)
        write(tail(magnitude(finite)), t, i, count)


def exact_tail(x):
    """exp(x^2 / 2) Q(x) = exp(x^2 / 2) / 2 - sum over k of x^(2 k + 1) / (2 k + 1)!! / sqrt(2 pi)"""
    root = Decimal("2.506628274631000502415765284811045253006986740609938316629923576342293654607841975")
    term, total, k = x, x, 1
    while term > total * Decimal(10) ** -90:
        term *= x * x / (2 * k + 1)
        total += term
        k += 1
    return (x * x / 2).exp() / 2 - total / root


def units(fast, exact):
    """The largest error in units of the last place of the exact value."""
    spacings = np.spacing(np.array([float(value) for value in exact], fast.dtype))
    errors = [abs(float(Decimal(a) - b)) for a, b in zip(fast.tolist(), exact, strict=True)]
    return max(error / float(unit) for error, unit in zip(errors, spacings, strict=True))


@pytest.mark.parametrize("dtype", DTYPES)
def test_bell_and_tail(dtype):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(0, 9, 300), rng.uniform(0, 1, 100), 10.0 ** rng.uniform(-20, 0, 100)])
    x = x.astype(dtype)
    b, t = np.empty_like(x), np.empty_like(x)
    functions(Geometry(lanes=machine.lanes(dtype)), -x, b, t)
    with localcontext() as context:
        context.prec = 100
        values = [Decimal(value) for value in x.tolist()]
        assert units(b, [(-v * v / 2).exp() for v in values]) <= 3
        context.prec = 78  # as many digits as there are of the root
        assert units(t, [exact_tail(v) for v in values]) <= 8


@pytest.mark.parametrize("dtype", DTYPES)
def test_far_from_zero(dtype):
    x = np.array([-np.inf, -1e30, -0.0, 0.0, 1e30, np.inf, np.nan, 1e4], dtype)
    b, t = np.empty_like(x), np.empty_like(x)
    functions(Geometry(lanes=machine.lanes(dtype)), x, b, t)
    np.testing.assert_array_equal(b, np.array([0, 0, 1, 1, 0, 0, np.nan, 0], dtype))
    np.testing.assert_allclose(
        t[[3, 4, 7]], np.array([0.5, 1, 1e-4]) * [1, 1e-30, 1] * [1, DENSITY, DENSITY], rtol=1e-6
    )
    assert np.isnan(t[6])


DENSITY = 1 / math.sqrt(2 * math.pi)
