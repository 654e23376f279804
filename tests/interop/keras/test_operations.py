"""Operators and functions as nodes."""

import numpy as np
import pytest

from tests.interop.keras.files import call, functional, given, layer, loaded, same_as_keras, tensor

NUMPY = "keras.src.ops.numpy"


def test_arithmetic(keras, tmp_path):
    x = keras.Input((3, 4, 2))
    y = keras.layers.Conv2D(2, 1)(x)
    for result in [
        *(x + y, x - y, x * y, x / (y * y + 1), keras.ops.maximum(x, y), keras.ops.minimum(x, y), -x),
        *(x + 1, 1 - x, x - 1.5, x * 2, x / 4, 3 / (x * x + 1), x * np.float32([2, 3])),
    ]:
        same_as_keras(keras.Model(x, result), tmp_path)


def test_functions(keras, tmp_path):
    x = keras.Input((3, 4, 2))
    ops, activations = keras.ops, keras.activations
    for result in [
        *(ops.relu(x), ops.relu6(x), ops.sigmoid(x), ops.silu(x), ops.hard_sigmoid(x), ops.hard_silu(x)),
        *(ops.softplus(x), ops.tanh(x), ops.elu(x, 0.5), ops.leaky_relu(x, 0.3), ops.softmax(x), ops.gelu(x)),
        *(ops.gelu(x, approximate=False), activations.relu(x), activations.relu(x, max_value=6)),
    ]:
        same_as_keras(keras.Model(x, result), tmp_path)


@pytest.mark.parametrize(
    ("kind", "inputs", "wanted"),
    [
        ("Add", [tensor("given"), 1.5], [0.5, 3.5]),
        ("Subtract", [tensor("given"), 1], [-2, 1]),
        ("Subtract", [1, tensor("given")], [2, -1]),
        ("Multiply", [{"class_name": "__numpy__", "config": {"value": [2, 3]}}, tensor("given")], [-2, 6]),
        ("TrueDivide", [tensor("given"), 2], [-0.5, 1]),
        ("Divide", [2, tensor("given")], [-2, 1]),
    ],
)
def test_constants_by_hand(tmp_path, kind, inputs, wanted):
    config = functional((given(2),), (layer(kind, "y", NUMPY), call(*inputs)), output="y")
    assert loaded(tmp_path, config)(np.float32([[-1, 2]])).tolist() == [wanted]


@pytest.mark.parametrize(
    ("kind", "inputs", "message"),
    [
        ("Add", [tensor("given"), "a"], "constant: got 'a', needs numbers"),
        ("Add", [1, 2], "got 2 inputs, needs 2"),
        ("Add", [tensor("given"), [[1.0]]], "needs finite numbers with at most 1 axes"),
        ("Divide", [tensor("given"), 0], "got a division by 0"),
        ("Maximum", [tensor("given"), 0], "got a constant, needs two arrays"),
        ("Exp", [tensor("given")], "is Exp of keras.src.ops.numpy, needs to be one of Activation"),
    ],
)
def test_inputs_that_do_not_fit(tmp_path, kind, inputs, message):
    config = functional((given(2),), (layer(kind, "y", NUMPY), call(*inputs)), output="y")
    with pytest.raises(ValueError, match=rf"in y \({kind}\): .*{message}"):
        loaded(tmp_path, config)
