"""Functional models: the order of calls, layers that are called twice, models inside."""

import numpy as np
import pytest

from fastconv import nn
from fastconv.interop.keras.models import DEEPEST, _snake_case
from tests.interop.keras.files import (
    call,
    functional,
    given,
    layer,
    loaded,
    same_as_keras,
    sequential,
    tensor,
)


def test_a_residual_network_with_models_inside(keras, tmp_path):
    layers, x = keras.layers, keras.Input((6, 6, 3))
    inner = keras.Sequential(
        [keras.Input((6, 6, 4)), layers.Conv2D(4, 3, padding="same"), layers.BatchNormalization()],
        name="inner",
    )
    head_in = keras.Input((6, 6, 4))
    head = keras.Model(head_in, layers.Flatten()(layers.Conv2D(2, 1)(head_in)), name="head")
    y = layers.Conv2D(4, 1)(x)
    y = layers.Conv2D(4, 1)(layers.Add()([y, inner(y, training=False)]))
    ours = same_as_keras(keras.Model(x, layers.Dense(3)(head(y))), tmp_path)
    assert type(ours) is nn.Graph
    assert type(ours.children()["inner"]) is nn.Sequential
    assert sum(name.startswith("inner.") for name in ours.parameters()) == 4


def test_layers_and_models_that_are_called_twice(keras, tmp_path):
    layers, x = keras.layers, keras.Input((5, 5, 3))
    conv = layers.Conv2D(3, 3, padding="same", activation="relu")
    norm = layers.BatchNormalization()
    inner = keras.Sequential([keras.Input((5, 5, 3)), layers.Conv2D(3, 1), norm], name="inner")
    turned = layers.Permute((2, 1, 3))(conv(x))
    y = inner(conv(inner(conv(turned))))
    dense = layers.Dense(75)
    ours = same_as_keras(keras.Model(x, dense(dense(layers.Flatten()(y)))), tmp_path, 2e-4)
    assert sum(name.endswith("weight") for name in ours.parameters()) == 4


def test_a_sequential_inside_a_sequential(keras, tmp_path):
    layers = keras.layers
    inner = keras.Sequential([keras.Input((4, 4, 2)), layers.Conv2D(3, 2), layers.Flatten()], name="inner")
    inner.trainable = False
    ours = same_as_keras(
        keras.Sequential([keras.Input((4, 4, 2)), inner, layers.Dense(2, name="out")]), tmp_path
    )
    assert type(ours) is nn.Sequential
    assert type(ours.inner) is nn.Sequential
    assert {*ours.parameters()} - {*ours.frozen()} == {"out.weight", "out.bias"}


def test_layers_in_any_order(tmp_path):
    config = functional(
        (given(2),),
        (layer("ReLU", "late"), call(tensor("early"))),
        (layer("LeakyReLU", "early", negative_slope=2.0), call(tensor("given"))),
        output="late",
    )
    assert loaded(tmp_path, config)(np.float32([[-1, 3]])).tolist() == [[0, 3]]


def nested(depth):
    model = sequential(given(2), layer("ReLU"))
    for _ in range(depth):
        model = sequential(given(2), model)
    return model


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            functional((given(2),), (layer("ReLU", "a"), call(tensor("a"))), output="a"),
            "got layers that read each other in a circle",
        ),
        (
            functional((given(2),), (layer("ReLU", "a"), call(tensor("b"))), output="a"),
            "got 'b', call 0, which is",
        ),
        (functional((given(2),), output="b"), "got 'b', call 0, which is not there"),
        (
            functional((given(2),), (layer("ReLU", "a"), call(tensor("given"), tensor("given"))), output="a"),
            r"in a \(ReLU\): got 2 inputs, needs one array",
        ),
        (
            functional((given(2),), (layer("ReLU", "a"), call(tensor("given"), training=True)), output="a"),
            r"in a \(ReLU\): got a call with training=True",
        ),
        (nested(DEEPEST + 1), "got more than 16 models inside each other"),
        (sequential(given(2), sequential(given(2), layer("X", "x"), name="in")), r"in in\.x \(X\): is X of"),
    ],
)
def test_what_is_no_model(tmp_path, config, message):
    with pytest.raises(ValueError, match=message):
        loaded(tmp_path, config)


def test_models_inside_each_other(tmp_path):
    assert loaded(tmp_path, nested(DEEPEST))(np.float32([[-1, 3]])).tolist() == [[0, 3]]


def test_paths_as_keras_writes_them(keras):
    from keras.src.utils.naming import to_snake_case

    for name in ("Conv2D", "BatchNormalization", "PReLU", "ReLU", "MaxPooling2D", "DepthwiseConv2D", "ELU"):
        assert _snake_case(name) == to_snake_case(name)
