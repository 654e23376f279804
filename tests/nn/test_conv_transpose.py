import math

import numpy as np
import pytest

from fastconv import backend, functional, nn

GEOMETRIES = [
    {},
    {"stride": 2, "padding": 1, "output_padding": 1},
    {"padding": ((2, 0), (1, 0)), "bias": False},
    {"dilation": (1, 3), "output_padding": (0, 2)},
    {"groups": 2, "stride": (1, 3)},
]


@pytest.mark.parametrize("arguments", GEOMETRIES, ids=str)
def test_gradients_and_shapes(arguments, check_gradients):
    layer = nn.ConvTranspose2d(2, 4, (3, 2), dtype=np.float64, seed=0, **arguments)
    x = np.random.default_rng(0).normal(size=(2, 2, 4, 3))
    check_gradients(layer, x)
    y = layer(x)
    assert layer.output_shape((2, 4, 3)) == y.shape[1:]
    assert layer.multiply_adds((2, 4, 3)) == math.prod((2, 4, 3)) * layer.weight[0].size
    again = nn.ConvTranspose2d(**{**layer.config(), "seed": 0})
    assert again.config() == layer.config()
    assert np.array_equal(again.weight, layer.weight)


def test_a_layer_is_the_function_with_its_parameters():
    layer = nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1, seed=1)
    x = np.random.default_rng(2).normal(size=(2, 3, 7, 8)).astype(np.float32)
    expected = functional.conv_transpose2d(x, layer.weight, layer.bias, 2, 1, 1)
    assert np.array_equal(layer(x), expected)
    with backend("numba"):
        assert nn.Sequential(layer).summary((3, 7, 8)).rows[0].algorithms


def test_parameters_have_pytorchs_names_shapes_and_range():
    layer = nn.ConvTranspose2d(60, 40, (3, 2), groups=2, seed=0)
    shapes = {name: array.shape for name, array in layer.parameters().items()}
    assert shapes == {"weight": (60, 20, 3, 2), "bias": (40,)}
    bound = 1 / np.sqrt(20 * 3 * 2)
    for array in layer.parameters().values():
        assert 0.9 * bound < np.abs(array).max() <= bound
    assert list(nn.ConvTranspose2d(6, 4, 3, bias=False).parameters()) == ["weight"]


@pytest.mark.parametrize(
    ("arguments", "shape", "message"),
    [
        ({}, (3, 8, 8), r"got 3 channels, needs 2; ConvTranspose2d\(3, 4, 3\) would fit"),
        ({}, (2, 0, 8), "got 0 x 8 pixels, needs at least 1 x 1"),
        (
            {"padding": 2},
            (2, 2, 8),
            r"padding: got \(2, 2\), needs less than 4 in all, to leave an output of height 1 or more",
        ),
    ],
)
def test_a_shape_that_does_not_fit_is_told(arguments, shape, message):
    with pytest.raises(ValueError, match=f"^ConvTranspose2d: {message}$"):
        nn.ConvTranspose2d(2, 4, 3, **arguments).output_shape(shape)


def test_the_output_padding_is_smaller_than_stride_or_dilation():
    message = "^ConvTranspose2d: output_padding: got 2, needs less than 2, the larger of stride and dilation$"
    with pytest.raises(ValueError, match=message):
        nn.ConvTranspose2d(2, 4, 3, 2, output_padding=2)
    layer = nn.ConvTranspose2d(2, 4, 3, 3, output_padding=2)
    with pytest.raises(ValueError, match=message):
        layer.stride = 2
    assert layer.stride == (3, 3)
    layer.dilation = 3
    layer.stride = 2
    assert layer.output_shape((2, 5, 5)) == (4, 17, 17)
