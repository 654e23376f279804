import math

import numpy as np
import pytest

from fastconv import backend, functional, nn

GEOMETRIES = [
    {},
    {"stride": 2, "padding": 1},
    {"padding": ((2, 0), (1, 3)), "bias": False},
    {"dilation": (1, 2), "padding": (0, 2)},
    {"groups": 2},
    {"padding": "same"},
    {"padding": "valid", "stride": (1, 3)},
    {"padding": "same_upper", "stride": (2, 3)},
]


@pytest.mark.parametrize("arguments", GEOMETRIES, ids=str)
def test_gradients_agree_with_differences(arguments, check_gradients):
    # The layer passes the geometry on; that the kernels compute all of them right is their own tests' matter.
    layer = nn.Conv2d(2, 4, (3, 2), dtype=np.float64, seed=0, **arguments)
    check_gradients(layer, np.random.default_rng(0).normal(size=(2, 2, 6, 5)))


@pytest.mark.parametrize("arguments", GEOMETRIES, ids=str)
def test_output_shape_is_the_shape_of_the_output(arguments):
    layer = nn.Conv2d(2, 4, (3, 2), seed=0, **arguments)
    y = layer(np.zeros((3, 2, 6, 5), np.float32))
    assert layer.output_shape((2, 6, 5)) == y.shape[1:]
    weights_of_one_output = 3 * 2 * 2 // arguments.get("groups", 1)
    assert layer.multiply_adds((2, 6, 5)) == math.prod(y.shape[1:]) * weights_of_one_output


def test_a_layer_is_the_function_with_its_parameters():
    layer = nn.Conv2d(3, 4, 3, stride=2, padding=1, seed=1)
    x = np.random.default_rng(2).normal(size=(2, 3, 7, 8)).astype(np.float32)
    expected = functional.conv2d(x, layer.weight, layer.bias, stride=2, padding=1)
    assert np.array_equal(layer(x), expected)
    assert np.array_equal(layer.forward(x)[0], expected)


def test_parameters_have_pytorchs_names_and_shapes():
    shapes = {name: array.shape for name, array in nn.Conv2d(6, 4, (3, 2), groups=2).parameters().items()}
    assert shapes == {"weight": (4, 3, 3, 2), "bias": (4,)}
    assert list(nn.Conv2d(6, 4, 3, bias=False).parameters()) == ["weight"]
    assert nn.Conv2d(6, 4, 3, bias=False).bias is None


@pytest.mark.parametrize(
    ("arguments", "shape", "message"),
    [
        ({}, (3, 8, 8), r"Conv2d: got 3 channels, needs 2; Conv2d\(3, 4, 3\) would fit"),
        ({}, (64,), r"Conv2d: got shape \(64,\), needs \(2, height, width\)"),
        ({}, (2, 2, 1), r"Conv2d: got 2 x 1 pixels, needs at least 3 x 3; padding=1 would fit"),
        (
            {"dilation": 3, "padding": 1},
            (2, 2, 9),
            r"got 2 x 9 pixels, needs at least 5 x 5; padding=\(3, 0\) would",
        ),
    ],
)
def test_a_shape_that_does_not_fit_is_told_with_one_that_would(arguments, shape, message):
    with pytest.raises(ValueError, match=message):
        nn.Conv2d(2, 4, 3, **arguments).output_shape(shape)


@pytest.mark.parametrize(
    ("arguments", "padding"), [({}, 1), ({"dilation": 3, "padding": 1}, (3, 0))], ids=["plain", "dilated"]
)
def test_the_padding_that_would_fit_does(arguments, padding):
    shape = (2, 2, 9) if arguments else (2, 2, 1)
    assert nn.Conv2d(2, 4, 3, **{**arguments, "padding": padding}).output_shape(shape)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"in_channels": 0}, ValueError, "Conv2d: in_channels: got 0"),
        ({"out_channels": True}, TypeError, "Conv2d: out_channels: got True"),
        ({"kernel_size": 2.5}, TypeError, "Conv2d: kernel_size: got 2.5"),
        ({"kernel_size": (1, 2, 3)}, ValueError, "Conv2d: kernel_size: got"),
        ({"stride": 0}, ValueError, "Conv2d: stride: got 0"),
        ({"padding": -1}, ValueError, "Conv2d: padding: got -1"),
        ({"padding": "full"}, ValueError, "Conv2d: padding: got 'full', needs 'same', 'same_upper', 'valid'"),
        (
            {"padding": "same", "stride": 2},
            ValueError,
            "Conv2d: padding: got 'same' with stride=2, needs stride 1, numbers, or 'same_upper'",
        ),
        ({"groups": 3}, ValueError, "Conv2d: groups: got 3, needs a divisor of 4 and 6 channels"),
        ({"padding_mode": "reflect"}, ValueError, "Conv2d: padding_mode: got 'reflect'"),
    ],
)
def test_arguments_are_checked_when_the_layer_is_made(arguments, error, message):
    with pytest.raises(error, match=message):
        nn.Conv2d(**{"in_channels": 4, "out_channels": 6, "kernel_size": 3, **arguments})


@pytest.mark.parametrize("bias", [None, 1, "no", np.ones(6)], ids=repr)
def test_the_bias_is_there_or_not(bias):
    with pytest.raises(TypeError, match=r"^Conv2d: bias: got .*, needs True or False$"):
        nn.Conv2d(4, 6, 3, bias=bias)


def test_channels_that_stand_last_are_told_with_the_transpose():
    with pytest.raises(
        ValueError, match=r"^Conv2d: got 8 channels, needs 2; x.transpose\(0, 3, 1, 2\) would fit$"
    ):
        nn.Conv2d(2, 4, 3).output_shape((8, 8, 2))


SIGNALS = [
    {},
    {"stride": 2, "padding": 1},
    {"padding": ((2, 0),), "dilation": 2, "bias": False},
    {"groups": 2, "padding": "same"},
    {"padding": "same_upper", "stride": 2},
]


@pytest.mark.parametrize("arguments", SIGNALS, ids=str)
def test_signals(arguments, check_gradients):
    layer = nn.Conv1d(2, 4, 3, dtype=np.float64, seed=0, **arguments)
    x = np.random.default_rng(0).normal(size=(2, 2, 7))
    check_gradients(layer, x)
    y = layer(x)
    assert layer.output_shape((2, 7)) == y.shape[1:]
    assert layer.multiply_adds((2, 7)) == math.prod(y.shape[1:]) * 3 * 2 // arguments.get("groups", 1)
    assert layer.weight.shape == (4, 2 // arguments.get("groups", 1), 3)
    again = nn.Conv1d(**{**layer.config(), "seed": 0})
    assert again.config() == layer.config()
    assert np.array_equal(again.weight, layer.weight)
    padding = arguments.get("padding", 0)
    assert layer.config()["padding"] == padding and layer.config()["kernel_size"] == 3


def test_a_following_relu_is_stored_with_a_signal():
    model = nn.Sequential(nn.Conv1d(2, 3, 3, seed=0), nn.ReLU())
    x = np.random.default_rng(0).normal(size=(2, 2, 8)).astype(np.float32)
    assert np.array_equal(model(x), functional.relu(model[0](x)))
    with backend("numba"):
        assert model.summary((2, 8)).rows[0].algorithms


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 8), r"Conv1d: got 3 channels, needs 2; Conv1d\(3, 4, 3\) would fit"),
        ((8, 2), r"Conv1d: got 8 channels, needs 2; x.transpose\(0, 2, 1\) would fit"),
        ((2, 8, 8), r"Conv1d: got shape \(2, 8, 8\), needs \(2, length\)"),
        ((2, 1), r"Conv1d: got 1 positions, needs at least 3; padding=1 would fit"),
    ],
)
def test_a_signal_that_does_not_fit_is_told_with_one_that_would(shape, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        nn.Conv1d(2, 4, 3).output_shape(shape)
