"""Weights as Keras has them, windows as TensorFlow counts them."""

from itertools import product

import numpy as np
import pytest

from fastconv import nn
from tests.interop.keras.files import given, layer, loaded, same_as_keras, sequential

PLANES = [(8, 9), (7, 6)]
WINDOWS = [
    {"kernel_size": 3},
    {"kernel_size": (2, 3), "strides": 2},
    {"kernel_size": 2, "strides": (3, 1)},
    {"kernel_size": 3, "dilation_rate": 2},
]
BOTH = ["same", "valid"]


@pytest.mark.parametrize(("size", "window", "padding"), [*product(PLANES, WINDOWS, BOTH)])
def test_conv2d(keras, tmp_path, size, window, padding):
    made = keras.layers.Conv2D(5, padding=padding, activation="relu", **window)
    ours = same_as_keras(keras.Sequential([keras.Input((*size, 3)), made]), tmp_path)
    assert isinstance(ours[0], nn.Conv2d)
    assert isinstance(ours[1], nn.ReLU)


@pytest.mark.parametrize(("window", "padding"), [*product(WINDOWS, BOTH)])
def test_conv2d_transpose(keras, tmp_path, window, padding):
    made = keras.layers.Conv2DTranspose(5, padding=padding, **window)
    same_as_keras(keras.Sequential([keras.Input((5, 6, 3)), made]), tmp_path)


@pytest.mark.parametrize(("size", "stride", "more"), [(3, 2, 1), (3, 2, 0), (4, 2, 0), (3, 3, 2), (2, 2, 1)])
@pytest.mark.parametrize("padding", BOTH)
def test_the_output_padding_of_a_transposed_convolution(keras, tmp_path, size, stride, more, padding):
    made = keras.layers.Conv2DTranspose(2, size, stride, padding, output_padding=more)
    same_as_keras(keras.Sequential([keras.Input((4, 5, 3)), made]), tmp_path)


@pytest.mark.parametrize("padding", ["same", "valid", "causal"])
@pytest.mark.parametrize("window", [{"strides": 2}, {"dilation_rate": 2}, {"use_bias": False}])
def test_conv1d(keras, tmp_path, padding, window):
    made = keras.layers.Conv1D(4, 3, padding=padding, **window)
    ours = same_as_keras(keras.Sequential([keras.Input((9, 3)), made]), tmp_path)
    assert isinstance(ours[0], nn.Conv1d)


@pytest.mark.parametrize("padding", BOTH)
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_and_separable(keras, tmp_path, padding, stride):
    layers = [
        keras.layers.DepthwiseConv2D(3, stride, padding, depth_multiplier=2, activation="tanh"),
        keras.layers.SeparableConv2D(5, 2, stride, padding, depth_multiplier=3, activation="relu6"),
    ]
    same_as_keras(keras.Sequential([keras.Input((9, 8, 3)), *layers]), tmp_path)
    layers = [
        keras.layers.DepthwiseConv1D(3, stride, padding, depth_multiplier=2),
        keras.layers.SeparableConv1D(5, 2, stride, padding, use_bias=False),
    ]
    same_as_keras(keras.Sequential([keras.Input((9, 3)), *layers]), tmp_path)


def test_groups(keras, tmp_path):
    made = keras.layers.Conv2D(6, 3, groups=2, padding="same")
    ours = same_as_keras(keras.Sequential([keras.Input((5, 5, 4)), made]), tmp_path)
    assert ours[0].groups == 2


def test_channels_first(keras, tmp_path):
    layers = [
        keras.layers.Conv2D(4, 3, padding="same", strides=2, data_format="channels_first"),
        keras.layers.MaxPooling2D(2, data_format="channels_first"),
        keras.layers.Conv2DTranspose(3, 3, data_format="channels_first"),
    ]
    ours = same_as_keras(keras.Sequential([keras.Input((3, 8, 7)), *layers]), tmp_path, last=False)
    assert len(ours) == 3


def test_a_kernel_by_hand(tmp_path):
    config = layer(
        "Conv2D", filters=1, kernel_size=[2, 1], strides=[1, 1], padding="valid", data_format="channels_last",
        dilation_rate=[1, 1], groups=1, activation="linear", use_bias=True,
    )  # fmt: skip
    kernel = np.float32([1, 10, 100, 1000]).reshape(2, 1, 2, 1)  # rows, columns, channels, filters
    arrays = {"layers/conv2d/vars/0": kernel, "layers/conv2d/vars/1": np.float32([0.5])}
    model = loaded(tmp_path, sequential(given(2, 1, 2), config), arrays)
    x = np.float32([[[[1], [2]], [[3], [4]]]])  # one image of two channels with two rows
    assert model(x).tolist() == [[[[1 * 1 + 3 * 10 + 2 * 100 + 4 * 1000 + 0.5]]]]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"filters": 0}, "filters: got 0, needs an integer from 1 to"),
        ({"padding": "reflect"}, "padding: got 'reflect', needs 'valid' or 'same'"),
        ({"groups": 2}, "got 3 channels, needs a multiple of 2"),
        ({"strides": [1, "2"]}, "strides: got '2', needs an integer"),
        ({"data_format": None}, "data_format: got None, needs 'channels_last' or 'channels_first'"),
        ({"use_bias": 1}, "use_bias: got 1, needs True or False"),
        ({"kernel_size": [9, 9]}, r"got shape \(2, 2, 3, 1\), needs shape \(9, 9, 3, 1\)"),
    ],
)
def test_settings_that_do_not_fit(tmp_path, changed, message):
    settings = {
        "filters": 1, "kernel_size": [2, 2], "strides": 1, "padding": "valid", "data_format": "channels_last",
        "use_bias": False, "activation": None, **changed,
    }  # fmt: skip
    arrays = {"layers/conv2d/vars/0": np.ones((2, 2, 3, 1), np.float32)}
    with pytest.raises(
        ValueError, match=rf"model.keras: holds no model that fits: in c \(Conv2D\): .*{message}"
    ):
        loaded(tmp_path, sequential(given(5, 5, 3), layer("Conv2D", "c", **settings)), arrays)
