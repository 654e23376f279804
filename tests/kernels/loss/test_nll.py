"""Negative log-likelihood and its gradient against the reference: see `conftest.agree`."""

import numpy as np
import pytest

from fastconv import kernels

EACH = [(suffix, reduction) for suffix in ("", "_input") for reduction in ("mean", "sum", "none")]
each_result = pytest.mark.parametrize(("suffix", "reduction"), EACH)


@each_result
@pytest.mark.parametrize("weighted", [False, True])
def test_every_reduction(agree, dtype, suffix, reduction, weighted):
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((200, 5)).astype(dtype), rng.integers(0, 5, 200)
    labels[[2, 7, 150]] = -100
    weight = rng.random(5).astype(dtype) if weighted else None
    agree("nll_loss" + suffix, dtype, x, labels, weight, reduction=reduction)
    agree("nll_loss" + suffix, dtype, x[::2, ::-1], labels[::2], reduction=reduction)
    agree("nll_loss" + suffix, dtype, x[:0], labels[:0], weight, reduction=reduction)
    agree("nll_loss" + suffix, dtype, x, np.full(200, -100), weight, reduction=reduction)


@pytest.mark.parametrize("label", [-1, 5, -100, 2**40])
def test_a_label_that_is_no_class_is_found(label):
    x, labels = np.zeros((200, 5), np.float32), np.zeros(200, np.int64)
    labels[199] = label
    for function in (kernels.nll_loss, kernels.nll_loss_input):
        assert function(x, labels, ignore_index=-7) is None
        assert function(x, labels, ignore_index=label) is not None
