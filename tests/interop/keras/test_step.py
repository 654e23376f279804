import numpy as np
import pytest

from fastconv import nn
from fastconv.interop.keras.builder import Builder
from fastconv.interop.keras.entries import entry
from fastconv.interop.keras.step import Reading, Step, filled
from fastconv.interop.keras.values import Value
from fastconv.interop.keras.weights import opened
from tests.interop.keras.files import hdf5, layer

SIGNAL = Value("input", (5, 3), (0, 1))


def step(builder, **values):
    with opened(hdf5({})) as weights:
        return Step(
            entry(layer("Kind", "k", **values)), "layers/kind", Reading(weights, np.dtype("f4")), builder
        )


def test_a_second_call_has_the_layers_of_the_first():
    builder = Builder()
    one = step(builder)
    first = one.apply(lambda: nn.PReLU(3), one.first(SIGNAL, 1))
    one.again()
    second = one.apply(lambda: pytest.fail("is not made again"), first, "more")
    assert [first.node, second.node] == ["k", "k_more"]
    model = builder.finished(second)
    assert model.k is model.k_more
    assert len(model.parameters()) == 1


def test_what_keras_does_not_train_is_frozen():
    assert step(Builder(), trainable=False).layer(lambda: nn.PReLU(3)).frozen() == ["weight"]
    assert step(Builder(), trainable=True).layer(lambda: nn.PReLU(3)).frozen() == []


@pytest.mark.parametrize(
    ("values", "axes"),
    [({"data_format": "channels_first"}, (0, 1)), ({"data_format": "channels_last"}, (1, 0)), ({}, (1, 0))],
)
def test_the_axes_of_a_signal(values, axes):
    builder = Builder()
    assert step(builder, **values).image(SIGNAL, 1).axes == axes


def test_errors():
    one = step(Builder(), data_format="channels_last")
    with pytest.raises(ValueError, match=r"^got samples of 2 axes, needs 3$"):
        one.image(SIGNAL, 2)
    with pytest.raises(ValueError, match=r"got an input of shape \(None,\), needs sizes that are known"):
        one.known((None,))
    with pytest.raises(ValueError, match="got 3 channels, needs a multiple of 2"):
        one.fits(2, 3)


def test_filled():
    made = filled(nn.Linear(2, 1), np.float32([[1, 2]]), np.float32([3]))
    assert made.weight.tolist() == [[1, 2]]
    assert made.bias.tolist() == [3]
