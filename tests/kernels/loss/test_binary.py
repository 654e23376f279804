"""Binary cross-entropies and their gradients against the reference: see `conftest.agree`."""

import numpy as np
import pytest

from fastconv import kernels

EACH = [(suffix, reduction) for suffix in ("", "_input") for reduction in ("mean", "sum", "none")]
each_result = pytest.mark.parametrize(("suffix", "reduction"), EACH)


@each_result
@pytest.mark.parametrize("options", [{}, {"weight": 7}, {"pos_weight": 7}, {"weight": 1, "pos_weight": 7}])
def test_of_logits(agree, dtype, suffix, reduction, options):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((6, 7)).astype(dtype), rng.random((6, 7)).astype(dtype)
    weights = {name: rng.random(size).astype(dtype) for name, size in options.items()}
    agree("binary_cross_entropy_with_logits" + suffix, dtype, x, y, reduction=reduction, **weights)


@each_result
@pytest.mark.parametrize("weighted", [False, True])
def test_of_probabilities(agree, dtype, suffix, reduction, weighted):
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 6, 700)).astype(dtype)
    x[0, :6] = [0, 1, 1e-30, 1e-7, 1 - 1e-7, 0.5]
    y[0, :3] = [1, 0, 1]
    weight = rng.random(700).astype(dtype) if weighted else None
    agree("binary_cross_entropy" + suffix, dtype, x, y, weight, reduction=reduction)


@each_result
def test_nothing_and_extremes(agree, dtype, suffix, reduction):
    empty = np.zeros((0, 3), dtype)
    for name in ("binary_cross_entropy_with_logits", "binary_cross_entropy"):
        agree(name + suffix, dtype, empty, empty, reduction=reduction)
    x, y = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype), np.array([[1, 1], [0, 0]], dtype)
    agree("binary_cross_entropy_with_logits" + suffix, dtype, x, y, reduction=reduction)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_what_is_no_probability_is_found(dtype, reduction):
    x = np.full(5000, 0.5, dtype)
    for wrong in (-1e-3, 1.001, np.inf):
        for place in (0, 4999):
            beyond = x.copy()
            beyond[place] = wrong
            assert kernels.binary_cross_entropy(beyond, x, reduction=reduction) is None
            assert kernels.binary_cross_entropy(x, beyond, reduction=reduction) is None
    x[7] = np.nan
    assert np.isnan(kernels.binary_cross_entropy(x, x, reduction="sum"))
