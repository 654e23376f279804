"""Losses are summed in float64 and rounded once, so they agree with the reference to one rounding.

The gradient of the cross-entropy takes its exponentials in the type of the logits: within 2 units of the last
place, and one each for the argument and the result; a probability less its target is as exact as the
probability.
"""

import numpy as np
import pytest

from fastconv import kernels, reference


def agree(name, dtype, *arguments, **options):
    fast = np.asarray(getattr(kernels, name)(*arguments, **options))
    with np.errstate(all="ignore"):
        exact = np.asarray(getattr(reference, name)(*arguments, **options))
    assert fast.dtype == exact.dtype == dtype and fast.shape == exact.shape
    eps = np.finfo(dtype).eps
    exponentials = name == "cross_entropy_input"
    roundings, atol = (16, 4 * eps) if dtype == np.float64 else (4, eps) if exponentials else (1, 1e-3 * eps)
    np.testing.assert_allclose(fast, exact, rtol=roundings * eps, atol=atol)


@pytest.fixture(params=[np.float32, np.float64])
def dtype(request):
    return request.param


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("suffix", ["", "_input"])
class TestEveryReduction:
    @pytest.mark.parametrize("smoothing", [0.0, 0.1])
    @pytest.mark.parametrize("weighted", [False, True])
    @pytest.mark.parametrize("target", ["labels", "probabilities"])
    def test_cross_entropy(self, dtype, suffix, reduction, target, weighted, smoothing):
        rng = np.random.default_rng(0)
        x = rng.standard_normal((13, 5)).astype(dtype)
        labels = rng.integers(0, 5, 13)
        labels[[2, 7]] = -100
        soft = reference.softmax(rng.standard_normal((13, 5)).astype(dtype), 1)
        weight = rng.random(5).astype(dtype) if weighted else None
        agree(
            "cross_entropy" + suffix, dtype, x, labels if target == "labels" else soft, weight,
            reduction=reduction, label_smoothing=smoothing,
        )  # fmt: skip

    @pytest.mark.parametrize(
        "options", [{}, {"weight": 7}, {"pos_weight": 7}, {"weight": 1, "pos_weight": 7}]
    )
    def test_binary_cross_entropy(self, dtype, suffix, reduction, options):
        rng = np.random.default_rng(0)
        x, y = rng.standard_normal((6, 7)).astype(dtype), rng.random((6, 7)).astype(dtype)
        weights = {name: rng.random(size).astype(dtype) for name, size in options.items()}
        agree("binary_cross_entropy_with_logits" + suffix, dtype, x, y, reduction=reduction, **weights)

    def test_mse(self, dtype, suffix, reduction):
        rng = np.random.default_rng(0)
        x, y = (rng.standard_normal((3, 4, 5)).astype(dtype) for _ in range(2))
        agree("mse_loss" + suffix, dtype, x, y, reduction=reduction)
        agree("mse_loss" + suffix, dtype, x.transpose(2, 0, 1), y.transpose(2, 0, 1), reduction=reduction)
        agree("mse_loss" + suffix, dtype, x[:, ::2], y[:, ::2], reduction=reduction)

    def test_nothing(self, dtype, suffix, reduction):
        agree(
            "cross_entropy" + suffix,
            dtype,
            np.zeros((0, 3), dtype),
            np.zeros(0, np.int64),
            reduction=reduction,
        )
        empty = np.zeros((0, 3), dtype)
        agree("binary_cross_entropy_with_logits" + suffix, dtype, empty, empty, reduction=reduction)
        agree("mse_loss" + suffix, dtype, empty, empty, reduction=reduction)

    def test_extreme_logits(self, dtype, suffix, reduction):
        x = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)
        agree("cross_entropy" + suffix, dtype, x, np.array([0, 0]), reduction=reduction)
        y = np.array([[1, 1], [0, 0]], dtype)
        agree("binary_cross_entropy_with_logits" + suffix, dtype, x, y, reduction=reduction)


def test_everything_ignored(dtype):
    x = np.ones((3, 2), dtype)
    for suffix in ("", "_input"):
        agree("cross_entropy" + suffix, dtype, x, np.full(3, -100))
