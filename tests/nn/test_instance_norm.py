"""InstanceNorm1d and 2d; what they share with other layers of channels is tested in `test_norm`."""

import numpy as np
import pytest

from fastconv import nn

F64 = {"dtype": np.float64}
X, G = np.random.default_rng(0).normal(size=(2, 2, 3, 4, 5))


@pytest.mark.parametrize(
    ("kind", "x", "g"), [(nn.InstanceNorm2d, X, G), (nn.InstanceNorm1d, X[..., 0], G[..., 0])]
)
def test_one_sample_without_a_batch(kind, x, g, each_backend):
    layer = kind(3, affine=True, **F64)
    y, backward = layer.forward(x[1])
    np.testing.assert_array_equal(y, layer.forward(x)[0][1])
    np.testing.assert_array_equal(backward(g[1])[0], layer.forward(x[1:])[1](g[1:])[0][0])
    assert backward(g[1], input_gradient=False)[0] is None


def test_a_signal_is_an_image_of_height_1(each_backend):
    line, plane = nn.InstanceNorm1d(3, 0.1, **F64), nn.InstanceNorm2d(3, 0.1, **F64)
    np.testing.assert_array_equal(line(X[:, :, 0]), plane(X[:, :, :1])[:, :, 0])
    with pytest.raises(ValueError, match=r"^InstanceNorm1d: x: got shape \(2, 3, 4, 5\), needs \(N, 3, L\)"):
        line(X)
