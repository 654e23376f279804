import numpy as np
import pytest

from fastconv import nn
from fastconv.interop import pytorch

pytestmark = pytest.mark.torch


FUNCTIONS = {
    "relu": ("ReLU", ()),
    "relu6": ("ReLU6", ()),
    "hardtanh": ("Hardtanh", (-0.5, 0.75)),
    "leaky_relu": ("LeakyReLU", (0.2,)),
    "elu": ("ELU", (0.5,)),
    "gelu": ("GELU", ()),
    "silu": ("SiLU", ()),
    "sigmoid": ("Sigmoid", ()),
    "tanh": ("Tanh", ()),
    "softplus": ("Softplus", (2.0, 10.0)),
    "hardswish": ("Hardswish", ()),
    "hardsigmoid": ("Hardsigmoid", ()),
    "softmax": ("Softmax", (-1,)),
    "log_softmax": ("LogSoftmax", (1,)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_one_value(name, of, same, torch):
    kind, arguments = FUNCTIONS[name]
    function = getattr(torch.nn.functional, name)
    model = same(of(lambda _, x: function(x, *arguments)), 3, 4, 2)
    (layer,) = model
    assert type(layer).__name__ == kind


ARITHMETIC = {
    "numbers": (lambda m, x: (2 - x * 3 + 1) / 4 - 0.5, ["Affine"] * 5),
    "a number over it": (lambda m, x: 3 / (x + 10), ["Affine", "Power", "Affine"]),
    "two values": (
        lambda m, x: (x.tanh() + x) * x - x.sigmoid(),
        ["Tanh", "Add", "Multiply", "Sigmoid", "Subtract"],
    ),
    "a factor of the second": (lambda m, x: (x.tanh()).add(x, alpha=2), ["Tanh", "Affine", "Add"]),
    "repeated": (
        lambda m, x: x * x.mean(2, keepdim=True) / (x + 9),
        ["Mean", "Multiply", "Affine", "Divide"],
    ),
    "powers": (lambda m, x: ((x + 9) ** 3).sqrt().rsqrt().square().reciprocal(), ["Affine", *["Power"] * 5]),
    "negative": (lambda m, x: -x, ["Affine"]),
    "limits": (lambda m, x: x.clamp(-1, 0.5).clamp(min=0), ["Hardtanh", "ReLU"]),
    "one limit": (lambda m, x: x.clamp(max=0.5).clamp_min(-1).clamp_max(0.2), ["Hardtanh"] * 3),
    "absolute": (lambda m, x: x.abs(), ["Affine", "Maximum"]),
    "exponential": (lambda m, x: (x * 9).exp(), ["Affine", "Affine", "Sigmoid", "Sigmoid", "Divide"]),
    "expanded": (
        lambda m, x: (x.mean(2, keepdim=True).expand_as(x) + 1) / (x + 9).expand(-1, -1, 2),
        ["Mean", "Affine", "Affine", "Divide"],
    ),
}


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic(name, of, same):
    function, kinds = ARITHMETIC[name]
    model = same(of(function), 3, 4, 2)
    assert [type(layer).__name__ for layer in model.children().values()] == kinds


def test_the_larger_and_the_smaller(of, same, torch):
    same(of(lambda _, x: torch.maximum(x, x.tanh())), 3, 4, 2)
    same(of(lambda _, x: torch.minimum(x, x.sigmoid())), 3, 4, 2)


def test_mish_is_made_of_other_activations(of, same, torch):
    model = same(of(lambda _, x: torch.nn.functional.mish(x * 30)), 3, 4, 2)
    assert [type(layer).__name__ for layer in model.children().values()] == [
        *("Affine", "Softplus", "Tanh", "Multiply")
    ]
    same(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Mish()), 3, 2)
    with pytest.raises(ValueError, match=r"^from_module: in 0 \(Mish\): .* needs example_input"):
        pytorch.from_module(torch.nn.Sequential(torch.nn.Mish()))


def test_numbers_in_the_shape_of_a_value(of, same, torch):
    same(of(lambda _, x: torch.cat([x, torch.ones_like(x)], 1)), 3, 4, 2)
    same(of(lambda _, x: torch.zeros_like(x[:, :1]) - x), 3, 4, 2)
    same(of(lambda _, x: torch.full_like(x, 2.5).sum(1) + x[:, 0]), 3, 4, 2)


def test_parameters_stay_trainable_and_constants_are_frozen(of, same, torch):
    module = of(lambda m, x: x * m.scale.view(1, 2, 1) + 2.0, scale=torch.tensor([2.0, 3.0]))
    model = same(module, 3, 2, 4)
    assert model.frozen() == ["add.bias"]
    assert model.parameters()["mul.weight"].shape == (2, 1)


def test_dropout_in_a_forward_is_a_layer(of, torch):
    module = of(lambda m, x: torch.nn.functional.dropout(x, 0.25, m.training))
    (layer,) = pytorch.from_module(module, torch.zeros(2, 3))
    assert isinstance(layer, nn.Dropout)
    assert layer.p == 0.25


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda _, x: x.log(), r"log: needs a layer that fastconv.nn has, too"),
        (lambda m, x: x.clamp(max=m.numbers[0, 0]), r"clamp: got a tensor as a limit, needs numbers"),
        (
            lambda _, x: x[:, :1].expand_as(x) * x[:, 1:2].expand_as(x),
            r"mul: got two expanded values, needs one of the whole shape",
        ),
        (
            lambda m, x: x[:, :1].expand_as(x) * m.numbers[0, 0],
            r"mul: got numbers of shape \(3,\), needs such as one sample",
        ),
        (
            lambda m, x: x + m.numbers,
            r"add: got numbers of shape \(4, 1, 3\), needs such as one sample",
        ),
        (lambda _, x: x.div(2, rounding_mode="floor"), r"div: rounding_mode: got 'floor', needs None"),
    ],
)
def test_what_has_no_layer(function, message, of, torch):
    with pytest.raises(ValueError, match=rf"^from_module: {message}"):
        pytorch.from_module(of(function, numbers=torch.ones(4, 1, 3)), np.zeros((2, 3), np.float32))
