import sys
import warnings

import numpy as np
import pytest

from fastconv import models, nn
from fastconv.interop import pytorch

torch_needed = pytest.mark.torch
NETWORKS = {
    **{name: lambda name=name: models.build(name, seed=0) for name in models.names()},
    "autoencoder": lambda: models.autoencoder(seed=0),
    "unet_small": lambda: models.unet_small(seed=0),
}


def equal(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], strict=True)


@torch_needed
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_comes_back_bit_for_bit(name, torch):
    model = NETWORKS[name]()
    again = pytorch.from_module(pytorch.to_module(model))
    assert again.describe() == model.describe()
    assert list(again.state_dict()) == list(model.state_dict())
    equal(again.state_dict(), model.state_dict())


@torch_needed
def test_numbers_that_move_in_training_are_those_of_evaluation(torch):
    module = torch.nn.Sequential(torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(3, 4)))
    before = {name: array.clone() for name, array in module.state_dict().items()}
    model = pytorch.from_module(module)
    assert module.training
    assert module[0].training
    assert all(torch.equal(before[name], array) for name, array in module.state_dict().items())
    np.testing.assert_array_equal(model[0].weight, module.eval()[0].weight.detach().numpy())


@torch_needed
def test_wrappers_and_compiled_modules_are_told_what_would_fit(torch):
    inner = torch.nn.Sequential(torch.nn.ReLU())
    with warnings.catch_warnings(action="ignore"):
        compiled, traced = torch.compile(inner), torch.jit.trace(inner, torch.zeros(1, 2))
    message = r"^from_module: {}got a wrapper, needs the module inside; its .{} would fit$"
    with pytest.raises(ValueError, match=message.format("OptimizedModule: ", "_orig_mod")):
        pytorch.from_module(compiled)
    outer = torch.nn.Sequential(torch.nn.DataParallel(inner))
    with pytest.raises(ValueError, match=message.format(r"in 0 \(DataParallel\): ", "module")):
        pytorch.from_module(outer)
    with pytest.raises(ValueError, match=r"^from_module: TopLevelTracedModule: got a compiled module, needs"):
        pytorch.from_module(traced)


@torch_needed
def test_graphs_and_what_is_frozen_come_back(torch):
    model = nn.Sequential(
        nn.Graph(
            {
                "a": (nn.Conv2d(2, 3, 1), "input"),
                "b": (nn.Affine((3, 1, 1), ()), "a"),
                "sum": (nn.Multiply(), "a", "b"),
                "both": (nn.Concatenate(2), "sum", "a"),
            }
        ),
        nn.Permute((0, 2, 3, 1)),
        nn.Mean((1, 2)),
        seed=0,
    )
    model.freeze("0.b")
    again = pytorch.from_module(pytorch.to_module(model))
    assert again.describe() == model.describe()
    assert again.frozen() == model.frozen() == ["0.b.weight", "0.b.bias"]


@torch_needed
def test_sequences_of_pytorchs_own(torch, same):
    t = torch.nn
    torch.manual_seed(0)
    inner = t.Sequential()
    inner.add_module("conv", t.Conv2d(4, 4, 3, padding="same", groups=2))
    inner.add_module("act", t.Hardswish())
    module = t.Sequential(
        t.Conv2d(2, 4, 3, 2), inner, t.BatchNorm2d(4), t.Dropout(0.3), t.Flatten(), t.Linear(36, 2)
    )
    model = same(module, 3, 2, 7, 7, follow=False)
    assert list(model.state_dict()) == list(module.state_dict())
    assert model[3].p == 0.3


@torch_needed
def test_a_module_that_is_there_twice_is_one_layer(torch):
    layer = torch.nn.Linear(2, 2)
    block = torch.nn.Sequential(layer, torch.nn.ReLU())
    model = pytorch.from_module(torch.nn.Sequential(block, layer, block))
    assert model[0] is model[2]
    assert model[0][0] is model[1]


@torch_needed
@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_half_precision_becomes_float32_and_is_said_once(kind, torch, caplog):
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 2)).to(getattr(torch, kind))
    model = pytorch.from_module(module)
    assert model[0].weight.dtype == np.float32
    np.testing.assert_array_equal(model[0].weight, module[0].weight.detach().float().numpy())
    said = [record.getMessage() for record in caplog.records if record.name == "fastconv"]
    assert said == [f"from_module: parameters of {kind} are converted to float32"]


@torch_needed
def test_what_needs_an_example_says_so(torch):
    class Own(torch.nn.Module):
        def forward(self, x):
            return x * 2

    with pytest.raises(
        ValueError, match=r"^from_module: in 1 \(Own\): got a forward of its own, needs example_in"
    ):
        pytorch.from_module(torch.nn.Sequential(torch.nn.ReLU(), Own()))
    model = pytorch.from_module(torch.nn.Sequential(torch.nn.ReLU(), Own()), np.zeros((1, 3), np.float32))
    assert model(np.float32([[-1, 2, 3]])).tolist() == [[0, 4, 6]]


@torch_needed
def test_modules_that_are_no_layers_are_named_with_the_nearest(torch):
    module = torch.nn.Sequential(torch.nn.Sequential(torch.nn.Softsign()))
    with pytest.raises(
        ValueError, match=r"^from_module: in 0.0 \(Softsign\): needs a layer that .*; Tanh is near$"
    ):
        pytorch.from_module(module)
    with pytest.raises(ValueError, match=r"^from_module: Conv3d: needs a layer .*; Conv2d is near$"):
        pytorch.from_module(torch.nn.Conv3d(1, 1, 1))
    with pytest.raises(ValueError, match=r"^from_module: LSTM: needs a layer that fastconv.nn has, too$"):
        pytorch.from_module(torch.nn.LSTM(1, 1))


@torch_needed
def test_hooks_are_refused(torch):
    module = torch.nn.Sequential(torch.nn.ReLU())
    module[0].register_forward_hook(lambda *_: None)
    with pytest.raises(
        ValueError, match=r"^from_module: in 0 \(ReLU\): got a forward hook, which no layer has"
    ):
        pytorch.from_module(module)


def test_what_is_no_module(monkeypatch):
    pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"^from_module: module: got int, needs a Module"):
        pytorch.from_module(3)
    with pytest.raises(TypeError, match=r"^from_module: module: got Linear, needs a Module"):
        pytorch.from_module(nn.Linear(1, 1))


def test_without_pytorch_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"from_module: needs PyTorch: pip install torch"):
        pytorch.from_module(3)
