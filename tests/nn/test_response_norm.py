import numpy as np
import pytest

from fastconv import nn

X = 2 * np.random.default_rng(0).normal(size=(2, 6, 3, 4))


@pytest.mark.parametrize(
    "layer", [nn.LocalResponseNorm(3, 0.5), nn.LocalResponseNorm(2, 1, 0.5, 2)], ids=repr
)
def test_shape_gradient_and_arguments(layer, check_gradients):
    assert layer.output_shape((6, 3, 4)) == (6, 3, 4)
    check_gradients(layer, X[:1].copy())
    assert repr(nn.LocalResponseNorm(**layer.config())) == repr(layer)


@pytest.mark.torch
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("shape", [(2, 6, 4), (2, 6, 3, 4), (2, 6, 2, 3, 2)])
def test_pytorchs_values_and_gradients(size, shape, each_backend):
    torch = pytest.importorskip("torch")
    options = size, 0.3, 0.75, 1.5
    array = X.ravel()[: np.prod(shape)] if np.prod(shape) <= X.size else np.resize(X, shape)
    array = array.reshape(shape)
    x = torch.tensor(array, requires_grad=True)
    output = torch.nn.LocalResponseNorm(*options)(x)
    y, backward = nn.LocalResponseNorm(*options).forward(array)
    dy = np.random.default_rng(1).normal(size=shape)
    output.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, output.detach().numpy(), rtol=1e-9)
    np.testing.assert_allclose(backward(dy)[0], x.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_what_does_not_fit_is_told():
    with pytest.raises(ValueError, match=r"^in 0 \(LocalResponseNorm\): got shape \(6,\), needs \(C, \*\)"):
        nn.Sequential(nn.LocalResponseNorm(3))(X[:, :, 0, 0])
    with pytest.raises(ValueError, match=r"^LocalResponseNorm: size: got 0, needs an integer"):
        nn.LocalResponseNorm(0)
