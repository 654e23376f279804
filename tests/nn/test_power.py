import numpy as np
import pytest

from fastconv import nn

X = np.random.default_rng(0).uniform(0.5, 2, (3, 2, 4))


@pytest.mark.parametrize("exponent", [-1, 0.5, 2, 3, -0.75, 0, 1])
def test_powers_and_gradients(exponent, check_gradients):
    layer = nn.Power(exponent)
    np.testing.assert_allclose(layer(X), X**exponent, rtol=1e-15)
    check_gradients(layer, X.copy())
    assert layer.output_shape((2, 4)) == (2, 4)
    assert nn.Power(**layer.config()).exponent == exponent


def test_negative_numbers_have_whole_powers():
    x = np.array([[-2.0, 0.0]])
    assert nn.Power(3)(x).tolist() == [[-8, 0]]
    assert np.isnan(nn.Power(0.5)(x)[0, 0])
    assert nn.Power(-1)(x)[0, 1] == np.inf
    _, backward = nn.Power(0).forward(x)
    assert backward(np.ones((1, 2)))[0].tolist() == [[0, 0]]
    with pytest.raises(ValueError, match=r"^Power: exponent: got inf, needs"):
        nn.Power(np.inf)


@pytest.mark.torch
@pytest.mark.parametrize("exponent", [-1, 0.5, 2, 3.3, 0])
def test_pytorchs_powers(exponent):
    torch = pytest.importorskip("torch")
    x = torch.tensor(X, requires_grad=True)
    y, backward = nn.Power(exponent).forward(X)
    output = x**exponent
    output.backward(torch.tensor(X))
    np.testing.assert_allclose(y, output.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(backward(X)[0], x.grad.numpy(), rtol=1e-9)
