"""LayerNorm on its own; beside PyTorch's and in what it shares with others see `test_norm`."""

import numpy as np
import pytest

from fastconv import nn


def test_a_row_has_mean_zero_and_variance_one(each_backend):
    x = np.random.default_rng(0).normal(size=(4, 3, 5)) * 3 + 7
    y = nn.LayerNorm((3, 5), eps=0.0, dtype=np.float64)(x)
    np.testing.assert_allclose(y.mean(axis=(1, 2)), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(axis=(1, 2)), 1, rtol=1e-13)


def test_without_bias_or_weight():
    assert [*nn.LayerNorm(3).parameters()] == ["weight", "bias"]
    assert [*nn.LayerNorm(3, bias=False).parameters()] == ["weight"]
    layer = nn.LayerNorm(3, elementwise_affine=False)
    assert layer.weight is None and layer.bias is None
    with pytest.raises(
        AttributeError, match="LayerNorm: weight: got a new value, needs to stay; it has none"
    ):
        layer.weight = np.ones(3)


def test_a_frozen_layer_passes_the_gradient_on():
    layer = nn.LayerNorm(3, dtype=np.float64)
    x = np.random.default_rng(0).normal(size=(4, 3))
    expected = layer.forward(x)[1](x)[0]
    layer.freeze()
    dx, gradients = layer.forward(x)[1](x)
    np.testing.assert_array_equal(dx, expected)
    assert gradients == {"weight": None, "bias": None}
    assert layer.forward(x)[1](x, input_gradient=False) == (None, gradients)
