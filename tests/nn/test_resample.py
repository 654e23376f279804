import re

import numpy as np
import pytest

import fastconv
from fastconv import nn

LAYERS = [
    (nn.Upsample(scale_factor=2), (2, 3, 4), (2, 6, 8)),
    (nn.Upsample(scale_factor=(1.5, 0.5)), (2, 3, 4), (2, 4, 2)),
    (nn.Upsample((5, 3), mode="bilinear"), (2, 3, 4), (2, 5, 3)),
    (nn.Upsample(size=7, mode="bilinear", align_corners=True), (2, 3, 4), (2, 7, 7)),
    (nn.Upsample(size=7, mode="linear"), (2, 3), (2, 7)),
    (nn.PixelShuffle(2), (8, 3, 4), (2, 6, 8)),
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
    again = type(layer)(**layer.config())
    assert np.array_equal(again(x), layer(x))


@pytest.mark.torch
@pytest.mark.parametrize(("layer", "inner", "outer"), LAYERS, ids=repr)
def test_pytorchs_layers_of_the_same_arguments(layer, inner, outer):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, type(layer).__name__)(**layer.config())
    x = np.random.default_rng(0).normal(size=(3, *inner))
    of_x = torch.from_numpy(x).requires_grad_()
    output = theirs(of_x)
    y, backward = layer.forward(x)
    dy = np.random.default_rng(1).normal(size=y.shape)
    output.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(y, output.detach().numpy(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(backward(dy)[0], of_x.grad.numpy(), rtol=1e-12, atol=1e-13)
    assert backward(dy, input_gradient=False) == (None, {})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Upsample(), "Upsample: size: got None, needs either size or scale_factor"),
        (lambda: nn.Upsample(2, 2), "Upsample: scale_factor: got 2 beside size=2, needs one"),
        (lambda: nn.Upsample(scale_factor=0), "Upsample: scale_factor: got 0, needs a number"),
        (lambda: nn.Upsample(2, mode="area"), "Upsample: mode: got 'area', needs"),
        (lambda: nn.Upsample((2, 2), mode="linear"), "Upsample: size: got "),
        (lambda: nn.Upsample(2).output_shape((4,)), "Upsample: input: got shape (1, 4), needs"),
        (
            lambda: nn.PixelShuffle(2).output_shape((3, 4, 4)),
            "PixelShuffle: input: got shape (3, 4, 4)",
        ),
    ],
)
def test_what_does_not_fit_is_told(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}"):
        call()
