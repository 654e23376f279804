import sys

import numpy as np
import pytest

from fastconv import nn
from fastconv.interop import pytorch


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def model():
    inside = nn.Sequential({"conv": nn.Conv2d(3, 3, 3, padding=1, dtype=np.float64), "act": nn.Sigmoid()})
    graph = nn.Graph(
        {
            "a": (nn.Conv2d(7, 2, 1, dtype=np.float64), "input"),
            "b": (nn.ReLU(), "a"),
            "c": (nn.Add(), "a", "b"),
        }
    )
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, 2, dtype=np.float64),
        nn.Residual(inside),
        nn.ReLU(),
        nn.Residual(nn.Conv2d(3, 4, 1, dtype=np.float64), nn.Conv2d(3, 4, 1, dtype=np.float64)),
        nn.Concat(nn.Identity(), nn.Conv2d(4, 3, 1, dtype=np.float64)),
        graph,
        nn.Flatten(),
        seed=0,
    )


@pytest.mark.torch
def test_a_module_computes_what_the_model_does(torch):
    ours = model()
    theirs = pytorch.to_module(ours)
    x = np.random.default_rng(0).normal(size=(2, 2, 7, 9))
    y, backward = ours.forward(x)
    given = torch.tensor(x, requires_grad=True)
    output = theirs(given)
    np.testing.assert_allclose(y, output.detach().numpy(), rtol=1e-12, atol=1e-14)
    assert list(theirs.state_dict()) == list(ours.state_dict())
    dy = np.random.default_rng(1).normal(size=y.shape)
    output.backward(torch.tensor(dy))
    dx, gradients = backward(dy)
    np.testing.assert_allclose(dx, given.grad.numpy(), rtol=1e-11, atol=1e-13)
    for name, parameter in theirs.named_parameters():
        np.testing.assert_allclose(gradients[name], parameter.grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.torch
def test_a_module_has_numbers_of_its_own(torch):
    ours = nn.Linear(2, 2, seed=0)
    theirs = pytorch.to_module(ours)
    theirs.weight.data.zero_()
    assert ours.weight.any()


@pytest.mark.torch
def test_a_layer_that_is_there_twice_is_one_module(torch):
    layer = nn.Linear(2, 2)
    theirs = pytorch.to_module(nn.Sequential(layer, nn.ReLU(), layer))
    assert theirs[0] is theirs[2]


@pytest.mark.torch
def test_what_is_frozen_is_frozen_there(torch):
    ours = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    ours.freeze("0.weight")
    theirs = pytorch.to_module(ours)
    assert [p.requires_grad for p in theirs.parameters()] == [False, True, True, True]


@pytest.mark.torch
def test_what_pytorch_does_not_have_is_told(torch):
    class Mine(nn.ReLU):
        pass

    with pytest.raises(
        ValueError, match=r"to_module: got Mine, needs a layer of fastconv.nn, no other class"
    ):
        pytorch.to_module(nn.Sequential(Mine()))
    with pytest.raises(ValueError, match=r"to_module: Conv2d\(.*padding .*, needs the same on both sides"):
        pytorch.to_module(nn.Conv2d(1, 1, 2, padding=((0, 1), (0, 1))))


def test_without_pytorch_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"to_module: needs PyTorch: pip install torch"):
        pytorch.to_module(nn.ReLU())
    with pytest.raises(TypeError, match=r"to_module: model: got int, needs"):
        pytorch.to_module(3)
