import numpy as np
import pytest

from fastconv import nn
from fastconv.interop.keras.builder import Builder
from fastconv.interop.keras.values import Value

IMAGE = Value("input", (4, 3, 2), (2, 0, 1))


def test_a_chain_is_a_sequential_with_the_layers_names():
    builder = Builder()
    value = builder.apply("a.b", nn.Conv2d(2, 5, 3, seed=0), IMAGE)
    assert value == Value("a_b", (2, 1, 5), (2, 0, 1))
    value = builder.apply("a.b", nn.ReLU(), value)
    model = builder.finished(value)
    assert type(model) is nn.Sequential
    assert list(model.children()) == ["a_b", "a_b_1"]


def test_what_is_read_twice_makes_a_graph():
    builder = Builder()
    value = builder.apply("input", nn.ReLU(), IMAGE)
    builder.apply("unused", nn.Tanh(), value)
    node = builder.add("sum", nn.Add(), value, value)
    model = builder.finished(Value(node, value.shape, value.axes))
    assert type(model) is nn.Graph
    assert {name: sources for name, (_, sources) in model.reads().items()} == {
        "input_1": ("input",),
        "sum": ("input_1", "input_1"),
    }


def test_nothing_is_an_identity():
    x = np.ones((1, 2), np.float32)
    assert Builder().finished(Value("input", (2,), (0,)))(x) is x


def test_axes_are_moved_once():
    builder = Builder()
    plain = builder.plain(IMAGE)
    assert builder.plain(IMAGE) == plain == Value("input_permute", (4, 3, 2), (0, 1, 2))
    assert builder.moved(IMAGE, IMAGE.axes) is IMAGE
    x = np.random.default_rng(0).normal(size=(1, 2, 4, 3)).astype(np.float32)
    assert np.array_equal(builder.finished(plain)(x), x.transpose(0, 2, 3, 1))


def test_elements_are_brought_into_the_order_of_keras_once():
    builder = Builder()
    flat = builder.apply("flat", nn.Flatten(), IMAGE, (0,))
    flat = Value(flat.node, flat.shape, flat.axes, ((4, 3, 2), (2, 0, 1)))
    value = builder.unfolded(builder.apply("relu", nn.ReLU(), flat))
    assert value.folded is None
    x = np.random.default_rng(0).uniform(size=(2, 2, 4, 3)).astype(np.float32)
    assert np.array_equal(builder.finished(value)(x), x.transpose(0, 2, 3, 1).reshape(2, -1))
    assert builder.unfolded(value) is value


def test_unknown_sizes_stay_unknown_and_misfits_are_errors():
    builder = Builder()
    image = Value("input", (None, 8, 2), (2, 0, 1))
    assert builder.apply("pool", nn.MaxPool2d(2), image).shape == (None, 4, 2)
    with pytest.raises(ValueError, match="Conv2d: got 2 channels, needs 3"):
        builder.apply("conv", nn.Conv2d(3, 1, 1), image)
