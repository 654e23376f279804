"""What the tests of the layers share."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _twins(reference):
    """Layers are tested on the twins, and on the kernels where a test asks for `each_backend`."""


@pytest.fixture
def check_gradients():
    """A function that compares a layer's gradients, in float64, with central differences."""
    return _check_gradients


def _check_gradients(layer, x, h=1e-6, tolerance=2e-8):
    """For L = Σ y · g with a random g: dL/dx and dL/dparameter, by element, relative to the largest."""
    y, backward = layer.forward(x)
    g = np.random.default_rng(99).normal(size=y.shape)
    dx, gradients = backward(g)
    assert list(gradients) == list(layer.parameters())
    parameters = layer.parameters()
    for name, array, gradient in [("x", x, dx), *((n, parameters[n], gradients[n]) for n in gradients)]:
        assert gradient.shape == array.shape, name
        assert gradient.dtype == array.dtype, name
        expected = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            value = array[index]
            sums = []
            for moved in (value + h, value - h):
                array[index] = moved
                sums.append(np.sum(layer.forward(x)[0] * g))
            array[index] = value
            expected[index] = (sums[0] - sums[1]) / (2 * h)
        scale = max(np.abs(expected).max(initial=0), 1)
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=tolerance * scale, err_msg=name)
    # Asked for no input gradient, a layer gives none, and the same parameter gradients.
    nothing, again = backward(g, input_gradient=False)
    assert nothing is None
    assert all(np.array_equal(again[name], gradients[name]) for name in gradients)


@pytest.fixture
def check_pytorch():
    """A function that compares a layer without parameters with PyTorch's layer of the same arguments."""
    return _check_pytorch


def _check_pytorch(layer, inner, rtol=1e-12, atol=1e-13):
    """For three samples of shape `inner` in float64: y to these tolerances, and dL/dx for a random dL/dy."""
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, type(layer).__name__)(**layer.config())
    x = np.random.default_rng(0).normal(size=(3, *inner))
    of_x = torch.from_numpy(x).requires_grad_()
    output = theirs(of_x)
    y, backward = layer.forward(x)
    dy = np.random.default_rng(1).normal(size=y.shape)
    output.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(y, output.detach().numpy(), rtol=rtol, atol=atol)
    np.testing.assert_allclose(backward(dy)[0], of_x.grad.numpy(), rtol=1e-12, atol=1e-13)
    assert backward(dy, input_gradient=False) == (None, {})
