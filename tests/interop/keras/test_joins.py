"""Functional models: what several branches become."""

import numpy as np
import pytest

from fastconv import nn
from tests.interop.keras.files import call, functional, given, layer, loaded, same_as_keras, tensor


@pytest.mark.parametrize(
    "kind", ["Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"]
)
def test_two_branches(keras, tmp_path, kind):
    x = keras.Input((4, 5, 3))
    a, b = keras.layers.Conv2D(3, 3, padding="same")(x), keras.layers.Conv2D(3, 1)(x)
    y = keras.layers.ReLU()(getattr(keras.layers, kind)()([a, b]))
    ours = same_as_keras(keras.Model(x, y), tmp_path)
    assert type(ours) is nn.Graph


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_concatenation_along_any_axis_and_of_three(keras, tmp_path, axis):
    x = keras.Input((4, 4, 3))
    branches = [x, keras.layers.ReLU()(x), keras.layers.Permute((2, 1, 3))(x)]
    same_as_keras(keras.Model(x, keras.layers.Concatenate(axis=axis)(branches)), tmp_path)


def test_sizes_of_one_and_missing_axes(keras, tmp_path):
    layers, x = keras.layers, keras.Input((4, 5, 3))
    pooled = layers.GlobalAveragePooling2D()(x)
    scale = layers.Dense(3, activation="sigmoid")(layers.Reshape((1, 1, 3))(pooled))
    y = layers.Add()([layers.Multiply()([scale, x]), pooled])
    same_as_keras(keras.Model(x, y), tmp_path)


def test_flattened_images_side_by_side(keras, tmp_path):
    layers, x = keras.layers, keras.Input((4, 5, 3))
    flat = layers.Flatten()(x)
    both = layers.Add()([layers.ReLU()(flat), layers.LeakyReLU()(flat)])  # in one order, which stays
    other = layers.Concatenate()([both, layers.Flatten()(layers.Conv2D(2, 2)(x))])
    same_as_keras(keras.Model(x, layers.Dense(3)(other)), tmp_path)


def test_images_of_unknown_size(keras, tmp_path):
    x = keras.Input((None, None, 3))
    y = keras.layers.Conv2D(3, 1)(x)
    y = keras.layers.Concatenate()([keras.layers.Add()([x, y]), y])
    same_as_keras(keras.Model(x, keras.layers.GlobalMaxPooling2D()(y)), tmp_path)


def test_by_hand(tmp_path):
    config = functional(
        (given(2),),
        (layer("ReLU", "a"), call(tensor("given"))),
        (layer("Subtract", "b"), call([tensor("a"), tensor("given")])),
        output="b",
    )
    assert loaded(tmp_path, config)(np.float32([[-3, 2]])).tolist() == [[3, 0]]


@pytest.mark.parametrize(
    ("inputs", "kind", "message"),
    [
        ([tensor("given")], "Subtract", "got 1 inputs, needs 2"),
        ([], "Add", "got 0 inputs"),
        ([tensor("given"), 2], "Add", "got 2 inputs, some of them constants, needs arrays"),
        ([tensor("given"), 2], "Concatenate", "got 2 inputs, some of them constants, needs arrays"),
        (
            [tensor("given"), tensor("wide")],
            "Add",
            r"got \(4, 4, 4\) and \(4, 2, 2\), needs inputs of one shape",
        ),
    ],
)
def test_inputs_that_do_not_fit(tmp_path, inputs, kind, message):
    config = functional(
        (given(4, 4, 4),),
        (layer("Cropping2D", "wide", cropping=1, data_format="channels_last"), call(tensor("given"))),
        (layer(kind, "last", axis=-1), call(inputs)),
        output="last",
    )
    with pytest.raises(ValueError, match=rf"in last \({kind}\): .*{message}"):
        loaded(tmp_path, config)
