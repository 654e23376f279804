import re

import numpy as np
import pytest

from fastconv import nn

LAYERS = [
    (nn.Upsample(scale_factor=2), (2, 3, 4), (2, 6, 8)),
    (nn.Upsample(scale_factor=(1.5, 0.5)), (2, 3, 4), (2, 4, 2)),
    (nn.Upsample((5, 3), mode="bilinear"), (2, 3, 4), (2, 5, 3)),
    (nn.Upsample(size=7, mode="bilinear", align_corners=True), (2, 3, 4), (2, 7, 7)),
    (nn.Upsample(size=7, mode="linear"), (2, 3), (2, 7)),
    (nn.PixelShuffle(2), (8, 3, 4), (2, 6, 8)),
]


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
def test_pytorchs_layers_of_the_same_arguments(layer, inner, outer, check_pytorch):
    check_pytorch(layer, inner)


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
