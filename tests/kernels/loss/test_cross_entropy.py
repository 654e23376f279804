"""Cross-entropy and its gradient against the reference: see `conftest.agree`."""

import numpy as np
import pytest

from fastconv import reference

EACH = [(suffix, reduction) for suffix in ("", "_input") for reduction in ("mean", "sum", "none")]
each_result = pytest.mark.parametrize(("suffix", "reduction"), EACH)


@each_result
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("target", ["labels", "probabilities"])
def test_cross_entropy(agree, dtype, suffix, reduction, target, weighted, smoothing):
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


@each_result
def test_nothing(agree, dtype, suffix, reduction):
    x, target = np.zeros((0, 3), dtype), np.zeros(0, np.int64)
    agree("cross_entropy" + suffix, dtype, x, target, reduction=reduction)


@each_result
def test_extreme_logits(agree, dtype, suffix, reduction):
    x = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)
    agree("cross_entropy" + suffix, dtype, x, np.array([0, 0]), reduction=reduction)


def test_everything_ignored(agree, dtype):
    x = np.ones((3, 2), dtype)
    for suffix in ("", "_input"):
        agree("cross_entropy" + suffix, dtype, x, np.full(3, -100))
