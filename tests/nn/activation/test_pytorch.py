"""Every activation layer beside PyTorch's: outputs and gradients, in both types and both backends."""

import numpy as np
import pytest

from fastconv import nn

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

CASES = [
    *(("ReLU", {}), ("LeakyReLU", {}), ("LeakyReLU", {"negative_slope": 0.3}), ("ReLU6", {}), ("ELU", {})),
    *(
        ("PReLU", {}),
        ("PReLU", {"num_parameters": 6, "init": -0.5}),
        ("ELU", {"alpha": 0.4}),
        ("Hardtanh", {}),
    ),
    *(("Hardtanh", {"min_val": -0.3, "max_val": 2.0}), ("Sigmoid", {}), ("Tanh", {}), ("SiLU", {})),
    *(
        ("GELU", {}),
        ("GELU", {"approximate": "tanh"}),
        ("Softplus", {}),
        ("Hardsigmoid", {}),
        ("Hardswish", {}),
    ),
    *(("Softplus", {"beta": 3.0, "threshold": 2.0}), ("Softmax", {"dim": 1}), ("Softmax", {"dim": -1})),
    *(("LogSoftmax", {"dim": 1}), ("LogSoftmax", {"dim": 2})),
]


@pytest.mark.parametrize(("kind", "options"), CASES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_layer_is_pytorchs(kind, options, dtype, each_backend):
    own = {"dtype": dtype} if kind == "PReLU" else {}
    ours, theirs = getattr(nn, kind)(**options, **own), getattr(torch.nn, kind)(**options)
    theirs = theirs.to(torch.float64 if dtype == np.float64 else torch.float32)
    rng = np.random.default_rng(0)
    x, dy = 3 * rng.standard_normal((2, 5, 6, 4, 3)).astype(dtype)
    ours.load_state_dict(theirs.state_dict())
    assert [*ours.state_dict()] == [*theirs.state_dict()]
    t = torch.tensor(x, requires_grad=True)
    output = theirs(t)
    output.backward(torch.tensor(dy))
    y, backward = ours.forward(x)
    dx, gradients = backward(dy)
    # The gradient of PyTorch's Hardsigmoid has the 1 / 6 of float32 in float64, too.
    tolerance = 2e-4 if dtype == np.float32 else 1e-7 if kind == "Hardsigmoid" else 1e-9
    np.testing.assert_allclose(y, output.detach().numpy(), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(dx, t.grad.numpy(), rtol=tolerance, atol=tolerance)
    for name, parameter in theirs.named_parameters():
        np.testing.assert_allclose(gradients[name], parameter.grad.numpy(), rtol=tolerance, atol=tolerance)
