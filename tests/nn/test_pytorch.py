"""A user's layers and state dicts beside PyTorch's."""

import textwrap

import numpy as np
import pytest

from fastconv import nn

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")


def example():
    """The class in the docstring of `Layer`."""
    code = nn.Layer.__doc__.split("A residual block:\n")[1]
    names = {"nn": nn}
    exec(textwrap.dedent(code), names)
    return names["Block"]


Block = example()


class TorchBlock(torch.nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Conv2d(channels, channels, 3, padding=1), torch.nn.ReLU())

    def forward(self, x):
        return self.body(x) + x


def both():
    ours = nn.Sequential(
        Block(3), nn.ReLU(), Block(3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)
    )
    theirs = torch.nn.Sequential(
        TorchBlock(3),
        torch.nn.ReLU(),
        TorchBlock(3),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(3, 2),
    )
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in ours.state_dict().items()})
    return ours, theirs


def test_a_residual_block_of_ones_own_has_pytorchs_names_and_gradients():
    ours, theirs = both()
    assert list(ours.parameters()) == [name for name, _ in theirs.named_parameters()]
    x = np.random.default_rng(1).normal(size=(4, 3, 6, 6)).astype(np.float32)
    y, backward = ours.forward(x)
    dx, gradients = backward(np.ones_like(y))
    of_x = torch.from_numpy(x).requires_grad_()
    output = theirs(of_x)
    output.sum().backward()
    np.testing.assert_allclose(y, output.detach().numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dx, of_x.grad.numpy(), rtol=1e-5, atol=1e-6)
    assert list(gradients) == list(ours.parameters())
    for name, parameter in theirs.named_parameters():
        np.testing.assert_allclose(
            gradients[name], parameter.grad.numpy(), rtol=1e-4, atol=1e-5, err_msg=name
        )


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16", "float8_e5m2"])
@pytest.mark.parametrize("kind", ["tensors", "parameters", "arrays of another order"])
def test_tensors_of_any_float_type_are_loaded(dtype, kind):
    ours, theirs = both()
    theirs = theirs.to(getattr(torch, dtype))
    given = dict(theirs.named_parameters()) if kind == "parameters" else theirs.state_dict()
    if kind == "arrays of another order":
        given = {name: t.t().contiguous().t() if t.ndim == 2 else t for name, t in given.items()}
    ours.initialize(np.random.default_rng(5))
    ours.load_state_dict(given)
    for name, tensor in given.items():
        array = ours.parameters()[name]
        assert array.dtype == np.float32
        assert np.array_equal(array, tensor.detach().float().numpy()), name


def test_tensors_without_numbers_are_listed():
    layer = nn.Linear(2, 2)
    weight = torch.zeros(2, 2)
    for wrong, reason in [(weight.to("meta"), "meta tensor"), (weight.to_sparse(), "Sparse")]:
        with pytest.raises(
            ValueError, match=f"^load_state_dict: Linear: weight: got no array but Tensor: .*{reason}"
        ):
            layer.load_state_dict({"weight": wrong, "bias": torch.zeros(2)})
    with pytest.raises(ValueError, match=r"weight: got int64, needs float32"):
        layer.load_state_dict({"weight": weight.long(), "bias": torch.zeros(2)})


def test_a_module_in_place_of_its_state_is_told():
    with pytest.raises(TypeError, match=r"got Linear, needs a dict .*; its state_dict\(\) would fit"):
        nn.Linear(2, 2).load_state_dict(torch.nn.Linear(2, 2))


def test_a_tensor_is_taken_in_place_of_an_array():
    layer = nn.Linear(2, 2, seed=0)
    assert np.array_equal(layer.predict(torch.ones(1, 2)), layer.predict(np.ones((1, 2), np.float32)))
