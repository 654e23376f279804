"""The columns of a dense layer stand in the order in which its input's elements are here."""

import numpy as np
import pytest

from fastconv import nn
from tests.interop.keras.files import given, layer, loaded, same_as_keras, sequential


def flat(**values):
    return layer("Flatten", data_format="channels_last", **values)


def test_behind_a_flattened_image(keras, tmp_path):
    layers = keras.layers
    made = [layers.Flatten(), layers.Dropout(0.3), layers.ReLU(), layers.Dense(5, activation="softmax")]
    ours = same_as_keras(keras.Sequential([keras.Input((3, 4, 2)), *made]), tmp_path)
    assert [type(layer).__name__ for layer in ours] == ["Flatten", "Dropout", "ReLU", "Linear", "Softmax"]


def test_behind_a_flattened_image_with_channels_first(keras, tmp_path):
    made = [keras.layers.Conv2D(3, 2, data_format="channels_first")]
    made += [keras.layers.Flatten(data_format="channels_first"), keras.layers.Dense(4, use_bias=False)]
    same_as_keras(keras.Sequential([keras.Input((2, 5, 4)), *made]), tmp_path, last=False)


def test_behind_batch_norm_of_a_flattened_image(keras, tmp_path):
    layers = keras.layers
    made = [layers.Flatten(), layers.BatchNormalization(), layers.LayerNormalization(), layers.PReLU()]
    ours = same_as_keras(keras.Sequential([keras.Input((3, 4, 2)), *made, layers.Dense(5)]), tmp_path)
    assert [type(layer).__name__ for layer in ours][1:] == ["BatchNorm1d", "LayerNorm", "PReLU", "Linear"]


def test_what_else_needs_the_order_of_keras_gets_it(keras, tmp_path):
    made = [keras.layers.Flatten(), keras.layers.Reshape((4, 3, 2)), keras.layers.Conv2D(2, 2)]
    same_as_keras(keras.Sequential([keras.Input((3, 4, 2)), *made]), tmp_path)
    ours = same_as_keras(keras.Sequential([keras.Input((3, 4, 2)), keras.layers.Flatten()]), tmp_path)
    assert [type(layer).__name__ for layer in ours] == ["Flatten", "Unflatten", "Permute", "Flatten"]


def test_of_pixels_and_of_positions(keras, tmp_path):
    for shape in [(3, 4, 2), (5, 3), (None, None, 2)]:
        made = keras.layers.Dense(4, activation="relu")
        same_as_keras(keras.Sequential([keras.Input(shape), made]), tmp_path)
    made = [keras.layers.Conv1D(3, 2), keras.layers.Dense(4), keras.layers.Conv1D(2, 2)]
    ours = same_as_keras(keras.Sequential([keras.Input((6, 3)), *made]), tmp_path)
    assert [type(layer).__name__ for layer in ours] == ["Conv1d"] * 3


def test_columns_by_hand(tmp_path):
    kernel = np.float32([[1], [10], [100], [1000]])  # pixel 0: two channels, pixel 1: two channels
    dense = layer("Dense", units=1, use_bias=False, activation="linear")
    config = sequential(given(1, 2, 2), flat(), dense)
    model = loaded(tmp_path, config, {"layers/dense/vars/0": kernel})
    assert model[1].weight.tolist() == [[1, 100, 10, 1000]]
    assert isinstance(model[1], nn.Linear)


def test_settings_that_do_not_fit(tmp_path):
    dense = layer("Dense", units=2, use_bias=False, quantization_config={"mode": "int8"})
    with pytest.raises(ValueError, match=r"in dense \(Dense\): quantization_config: got {'mode': 'int8'}"):
        loaded(tmp_path, sequential(given(2), dense))
    with pytest.raises(ValueError, match=r"got an input of shape .*, needs sizes that are known"):
        loaded(tmp_path, sequential(given(None, None, 2), flat(), layer("Dense", units=2, use_bias=False)))
