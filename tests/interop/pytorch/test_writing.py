import pickle
import sys

import numpy as np
import pytest

from fastconv import backend, nn
from fastconv.interop import pytorch


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
def test_a_name_that_modules_have_is_told(torch):
    with pytest.raises(
        ValueError, match=r"to_module: Sequential: attribute 'float' already exists, needs anoth"
    ):
        pytorch.to_module(nn.Sequential({"float": nn.ReLU()}))


@pytest.mark.torch
def test_what_pytorch_does_not_have_is_told(torch):
    class Mine(nn.ReLU):
        pass

    with pytest.raises(
        ValueError, match=r"to_module: got Mine, needs a layer of fastconv.nn, no other class"
    ):
        pytorch.to_module(nn.Sequential(Mine()))
    with pytest.raises(
        ValueError, match=r"to_module: AvgPool2d\(.*got padding .*, needs the same on both sides"
    ):
        pytorch.to_module(nn.AvgPool2d(2, padding=((0, 1), (0, 1))))


def test_without_pytorch_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"to_module: needs PyTorch: pip install torch"):
        pytorch.to_module(nn.ReLU())
    with pytest.raises(TypeError, match=r"to_module: model: got int, needs"):
        pytorch.to_module(3)


LAYERS = [
    (nn.AdaptiveAvgPool1d(2), (4, 5)),
    (nn.AdaptiveAvgPool2d((2, None)), (4, 5, 6)),
    (nn.AdaptiveMaxPool2d(2), (4, 5, 6)),
    (nn.Affine((4, 1, 1), (), dtype=float), (4, 5, 6)),
    (nn.AvgPool1d(3, 2, 1), (4, 5)),
    (nn.AvgPool2d(2, divisor_override=3), (4, 5, 6)),
    (nn.BatchNorm1d(4, dtype=float), (4, 5)),
    (nn.BatchNorm2d(4, affine=False, dtype=float), (4, 5, 6)),
    (nn.CircularPad1d(2), (4, 5)),
    (nn.CircularPad2d((1, 2, 0, 1)), (4, 5, 6)),
    (nn.ConstantPad1d(1, 2.5), (4, 5)),
    (nn.ConstantPad2d(1, -1.0), (4, 5, 6)),
    (nn.Conv1d(4, 2, 3, padding="same", dtype=float), (4, 5)),
    (nn.Conv2d(4, 2, 3, 2, groups=2, dtype=float), (4, 5, 6)),
    (nn.ConvTranspose2d(4, 2, 3, 2, 1, 1, dtype=float), (4, 5, 6)),
    (nn.Dropout(0.2), (4,)),
    (nn.Dropout2d(0.2), (4, 5, 6)),
    (nn.ELU(0.5), (4,)),
    (nn.Flatten(1, 2), (4, 5, 6)),
    (nn.GELU("tanh"), (4,)),
    (nn.GroupNorm(2, 4, dtype=float), (4, 5, 6)),
    (nn.Hardsigmoid(), (4,)),
    (nn.Hardswish(), (4,)),
    (nn.Hardtanh(-0.5, 2), (4,)),
    (nn.Identity(), (4,)),
    (nn.InstanceNorm1d(4), (4, 5)),
    (nn.InstanceNorm2d(4, affine=True, track_running_stats=True, dtype=float), (4, 5, 6)),
    (nn.LayerNorm((5, 6), bias=False, dtype=float), (4, 5, 6)),
    (nn.LeakyReLU(0.3), (4,)),
    (nn.Linear(5, 2, dtype=float), (4, 5)),
    (nn.LocalResponseNorm(3, 0.1), (4, 5, 6)),
    (nn.LogSoftmax(1), (4,)),
    (nn.MaxPool1d(2), (4, 5)),
    (nn.MaxPool2d(3, 2, 1, ceil_mode=True), (4, 5, 6)),
    (nn.Mean((2, -1), True), (4, 5, 6)),
    (nn.PReLU(4, dtype=float), (4, 5)),
    (nn.Permute((0, 3, 1, 2)), (4, 5, 6)),
    (nn.PixelShuffle(2), (4, 5, 6)),
    (nn.Power(2), (4,)),
    (nn.ReLU(), (4,)),
    (nn.ReLU6(), (4,)),
    (nn.ReflectionPad1d(2), (4, 5)),
    (nn.ReflectionPad2d(1), (4, 5, 6)),
    (nn.ReplicationPad1d(2), (4, 5)),
    (nn.ReplicationPad2d(1), (4, 5, 6)),
    (nn.Reshape((6, -1)), (4, 5, 6)),
    (nn.SiLU(), (4,)),
    (nn.Sigmoid(), (4,)),
    (nn.Slice(2, None, None, -2), (4, 5, 6)),
    (nn.Softmax(-1), (4, 5)),
    (nn.Softplus(2.0), (4,)),
    (nn.Tanh(), (4,)),
    (nn.Unflatten(1, (2, 2)), (4, 5)),
    (nn.Upsample(scale_factor=2, mode="bilinear"), (4, 5, 6)),
    (nn.ZeroPad1d(1), (4, 5)),
    (nn.ZeroPad2d((1, 0, 2, -1)), (4, 5, 6)),
    # Paddings that PyTorch's own layers lack.
    (nn.Conv1d(4, 2, 3, padding=((0, 1),), dtype=float), (4, 5)),
    (nn.Conv2d(4, 2, 3, 2, "same_upper", dtype=float), (4, 5, 6)),
    (nn.Conv2d(4, 2, 3, padding=((0, 2), (1, 0)), dtype=float), (4, 5, 6)),
    (nn.ConvTranspose2d(4, 2, 3, 2, ((0, 1), (2, 0)), dtype=float), (4, 5, 6)),
    (nn.MaxPool1d(2, padding="same_upper"), (4, 5)),
    (nn.MaxPool2d(3, 1, ((0, 1), (1, 0))), (4, 5, 6)),
    (nn.MaxPool2d(3, 1, 2), (4, 5, 6)),
]
JOINS = [nn.Add(), nn.Subtract(), nn.Multiply(), nn.Divide(), nn.Maximum(), nn.Minimum(), nn.Concatenate()]


@pytest.mark.torch
@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda value: repr(value)[:60])
def test_every_layer_becomes_a_module_and_comes_back(layer, shape, torch):
    rng = np.random.default_rng(0)
    for array in layer.parameters().values():
        array[...] = rng.normal(size=array.shape)
    theirs = pytorch.to_module(layer).eval()
    x = rng.normal(size=(2, *shape))
    with backend("reference"):
        expected = theirs(torch.tensor(x)).detach().numpy()
        np.testing.assert_allclose(layer(x), expected, rtol=1e-11, atol=1e-13)
    again = pytorch.from_module(theirs)
    assert again.describe() == layer.describe()
    assert list(again.state_dict()) == list(theirs.state_dict())


@pytest.mark.torch
@pytest.mark.parametrize("join", JOINS, ids=lambda join: type(join).__name__)
def test_every_join_becomes_a_module(join, torch):
    graph = nn.Graph({"a": (nn.Sigmoid(), "input"), "b": (nn.Tanh(), "input"), "join": (join, "a", "b")})
    theirs, x = pytorch.to_module(graph), np.random.default_rng(0).normal(size=(2, 3, 4))
    with backend("reference"):
        np.testing.assert_allclose(graph(x), theirs(torch.tensor(x)).numpy(), rtol=1e-11)
    assert pytorch.from_module(theirs).describe() == graph.describe()


def test_no_layer_is_left_out():
    containers = {"Sequential", "Residual", "Concat", "Graph", "Layer", "Loss"}
    layers = {name for name in nn.__all__ if name[0].isupper() and not name.endswith("Loss")} - containers
    assert {type(layer).__name__ for layer in [*JOINS, *(layer for layer, _ in LAYERS)]} == layers


@pytest.mark.torch
def test_a_module_is_pickled_and_copied(torch):
    theirs = pytorch.to_module(nn.Residual(nn.Conv2d(2, 2, 3, padding=1)))
    again = pickle.loads(pickle.dumps(theirs))
    x = torch.ones(1, 2, 3, 3)
    assert torch.equal(again(x), theirs(x))
