"""Every formula against the reference: near 0, far from it, at infinity and for NaN."""

import math

import numpy as np
import pytest

from fastconv import kernels, reference

EXACT, ROUNDED, SMOOTH = 0, 2, 8
"""Units of the last place between a kernel and the reference."""
CASES = {
    "relu": (EXACT, {}),
    "leaky_relu": (ROUNDED, {"negative_slope": 0.3}),
    "elu": (SMOOTH, {"alpha": 0.7}),
    "gelu": (SMOOTH, {}),
    "gelu, tanh": (SMOOTH, {"approximate": "tanh"}),
    "silu": (SMOOTH, {}),
    "sigmoid": (SMOOTH, {}),
    "tanh": (SMOOTH, {}),
    "softplus": (SMOOTH, {"beta": 1.5, "threshold": 9.0}),
    "hardswish": (ROUNDED, {}),
    "hardsigmoid": (ROUNDED, {}),
    "hardtanh": (EXACT, {"min_val": -0.5, "max_val": 0.75}),
    "relu6": (EXACT, {}),
}
X = np.concatenate(
    [
        np.random.default_rng(0).standard_normal(500) * 3,
        np.linspace(-12, 12, 49),
        [-0.0, 1e-30, -1e-30, 1e-5, -1e-5, 1e4, -1e4, 1e30, -1e30, math.inf, -math.inf, math.nan],
    ]
)


def each_case(test):
    test = pytest.mark.parametrize("case", CASES)(test)
    return pytest.mark.parametrize("dtype", [np.float32, np.float64])(test)


def both(case, dtype):
    units, options = CASES[case]
    name = case.split(",")[0]
    largest = np.finfo(dtype).max
    return name, np.append(X, [largest, -largest]).astype(dtype), units * np.finfo(dtype).eps, options


@each_case
def test_values(case, dtype):
    name, x, error, options = both(case, dtype)
    with np.errstate(over="ignore"):  # beta x, of which nothing remains
        fast, exact = (getattr(backend, name)(x, **options) for backend in (kernels, reference))
    finite = np.isfinite(exact)
    np.testing.assert_array_equal(fast[~finite], exact[~finite])
    x, fast, exact = x[finite], fast[finite], exact[finite]
    # The reference takes Phi and log(1 + exp) of a rounded argument: far below 0 they agree to |x| eps.
    scale = np.minimum(np.abs(x), 100) if case.startswith(("gelu", "softplus")) else 0
    close = np.abs(fast - exact) <= error * np.maximum(np.abs(exact), scale) + np.finfo(dtype).tiny
    assert np.all(close), x[~close]


@each_case
def test_gradients(case, dtype):
    name, x, error, options = both(case, dtype)
    dy = np.random.default_rng(1).standard_normal(x.size).astype(dtype)
    if name in ("relu", "sigmoid", "tanh"):
        x = getattr(kernels, name)(x)
    with np.errstate(over="ignore"):
        fast, exact = (getattr(b, f"{name}_input")(x, dy, **options) for b in (kernels, reference))
    numbers = ~np.isnan(x)  # the gradient at NaN is left open
    close = np.abs(fast - exact) <= error * np.abs(dy)
    assert np.all(close[numbers]), x[numbers & ~close]
