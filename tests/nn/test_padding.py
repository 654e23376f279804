import json
import re

import numpy as np
import pytest

import fastconv
from fastconv import nn

SIGNAL, IMAGE = (2, 5), (2, 3, 4)
LAYERS = [
    (nn.ZeroPad1d((1, -2)), SIGNAL, (2, 4)),
    (nn.ZeroPad2d(2), IMAGE, (2, 7, 8)),
    (nn.ZeroPad2d((1, 0, 2, -1)), IMAGE, (2, 4, 5)),
    (nn.ConstantPad1d(1, 2.5), SIGNAL, (2, 7)),
    (nn.ConstantPad2d((1, 0, 2, -1), -1), IMAGE, (2, 4, 5)),
    (nn.ReflectionPad1d((4, 1)), SIGNAL, (2, 10)),
    (nn.ReflectionPad2d((1, 3, 0, 2)), IMAGE, (2, 5, 8)),
    (nn.ReplicationPad1d((3, -1)), SIGNAL, (2, 7)),
    (nn.ReplicationPad2d((1, 3, -1, 2)), IMAGE, (2, 4, 8)),
    (nn.CircularPad1d((5, 2)), SIGNAL, (2, 12)),
    (nn.CircularPad2d((1, 4, 3, 0)), IMAGE, (2, 6, 9)),
]


@pytest.fixture(autouse=True)
def _reference():
    with fastconv.backend("reference"):
        yield


@pytest.mark.parametrize(("layer", "inner", "outer"), LAYERS, ids=repr)
def test_shape_gradient_and_arguments(layer, inner, outer, check_gradients):
    x = np.random.default_rng(0).normal(size=(3, *inner))
    assert layer(x).shape == (3, *outer)
    assert layer.output_shape(inner) == outer
    check_gradients(layer, x)
    again = type(layer)(**json.loads(json.dumps(layer.config())))
    assert np.array_equal(again(x), layer(x))


@pytest.mark.torch
@pytest.mark.parametrize(("layer", "inner", "outer"), LAYERS, ids=repr)
def test_pytorchs_layers_of_the_same_arguments(layer, inner, outer, check_pytorch):
    check_pytorch(layer, inner, rtol=0, atol=0)


def test_a_border_may_be_infinite():
    assert nn.ConstantPad2d(1, -np.inf)(np.ones((1, 1, 1, 1)))[0, 0, 0, 0] == -np.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.ZeroPad2d((1, 2)), "ZeroPad2d: padding: got (1, 2), needs one integer or (left,"),
        (
            lambda: nn.ZeroPad1d((1, 2, 3)),
            "ZeroPad1d: padding: got (1, 2, 3), needs one integer or (left, right)",
        ),
        (lambda: nn.ZeroPad2d(-2).output_shape((1, 3, 3)), "ZeroPad2d: pad: got (-2, -2, -2, -2), needs"),
        (
            lambda: nn.ZeroPad2d(1).output_shape((3, 3)),
            "ZeroPad2d: got shape (3, 3), needs (channels, height, w",
        ),
        (lambda: nn.ConstantPad1d(1, "a"), "ConstantPad1d: value: got 'a', needs a number"),
        (
            lambda: nn.Sequential(nn.ReflectionPad2d(3))(np.ones((1, 1, 3, 4))),
            "in 0 (ReflectionPad2d): pad: got (3, 3, 3, 3), needs at most 2 for 'reflect' of size 3",
        ),
        (
            lambda: nn.Sequential(nn.CircularPad1d(3))(np.ones((1, 1, 2))),
            "in 0 (CircularPad1d): pad: got (3, 3), needs at most 2 for 'circular' of size 2",
        ),
    ],
)
def test_what_does_not_fit_is_told(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}"):
        call()
