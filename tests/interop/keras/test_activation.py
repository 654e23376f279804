import numpy as np
import pytest

from fastconv import nn
from fastconv.interop.keras.activation import FUNCTIONS
from tests.interop.keras.files import given, layer, loaded, same_as_keras, sequential


@pytest.mark.parametrize("name", [*FUNCTIONS, "softmax", "log_softmax", "linear"])
def test_functions_by_name(keras, tmp_path, name):
    layers = keras.layers
    made = [layers.Conv2D(3, 1, activation=name), layers.Activation(name), layers.Dense(4, activation=name)]
    same_as_keras(keras.Sequential([keras.Input((2, 3, 2)), *made]), tmp_path)


def test_layers(keras, tmp_path):
    layers = keras.layers
    made = [
        *(layers.ReLU(), layers.ReLU(6.0), layers.ReLU(0.5), layers.ReLU(None, 0.1), layers.ReLU(0.7, 0.2)),
        *(layers.LeakyReLU(0.3), layers.ELU(0.5), layers.Softmax(), layers.Softmax(axis=1)),
    ]
    for one in made:
        same_as_keras(keras.Sequential([keras.Input((4, 3, 2)), one]), tmp_path)


def test_layers_as_activation(keras, tmp_path):
    made = [keras.layers.Conv2D(3, 1, activation=keras.layers.LeakyReLU(0.1)), keras.layers.Dense(2)]
    same_as_keras(keras.Sequential([keras.Input((2, 3, 2)), *made]), tmp_path)


@pytest.mark.parametrize("shared", [None, [1, 2], [1, 2, 3], [2, 3]])
def test_prelu(keras, tmp_path, shared):
    made = keras.layers.PReLU(shared_axes=shared)
    same_as_keras(keras.Sequential([keras.Input((2, 3, 2)), made]), tmp_path)


def test_softmax_behind_flatten(keras, tmp_path):
    made = [keras.layers.Flatten(), keras.layers.Softmax(), keras.layers.Dense(2)]
    same_as_keras(keras.Sequential([keras.Input((2, 3, 2)), *made]), tmp_path)


def test_the_slopes_of_leaky_relu():
    assert FUNCTIONS["leaky_relu"]().negative_slope == 0.2
    assert type(FUNCTIONS["swish"]()) is nn.SiLU


def test_largest_values_by_hand(tmp_path):
    model = loaded(
        tmp_path, sequential(given(3), layer("ReLU", max_value=2, negative_slope=0.5, threshold=0))
    )
    assert model(np.float32([[-2, 1, 3]])).tolist() == [[-1, 1, 2]]


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (layer("Activation", activation="mish"), "activation: got 'mish', needs one of linear, elu, gelu"),
        (
            layer("Activation", activation={"class_name": "function", "config": "f"}),
            "activation: got {'class_na",
        ),
        (layer("ReLU", threshold=1.0), "threshold: got 1.0, needs 0"),
        (layer("LeakyReLU"), "negative_slope: got None, needs a number"),
        (layer("ELU", alpha=float("nan")), "alpha: got nan, needs a number from"),
        (layer("Softmax", axis=[1, 2]), "axis: got 2, needs an integer from -1 to 1"),
        (layer("PReLU", shared_axes=[0]), "shared_axes: got .0., needs axes other than the batch's"),
    ],
)
def test_settings_that_do_not_fit(tmp_path, described, message):
    with pytest.raises(ValueError, match=rf"\({described['class_name']}\): .*{message}"):
        loaded(tmp_path, sequential(given(3), described))
