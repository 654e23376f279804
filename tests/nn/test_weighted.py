import numpy as np
import pytest

from fastconv import nn
from fastconv.nn.weighted import WeightedLayer, undrawn


def test_an_array_in_place_of_a_parameter_would_leave_the_optimizer_behind():
    layer = nn.Linear(2, 2, seed=0)
    weight, bias = layer.weight, layer.bias
    for name in ("weight", "bias"):
        for value in (np.zeros((2, 2), np.float32), None):
            way = rf"write into it with layer.{name}\[...\] = values"
            with pytest.raises(AttributeError, match=rf"^Linear: {name}: got a new value, .*; {way}$"):
                setattr(layer, name, value)
    assert layer.weight is weight
    assert layer.bias is bias


def test_a_bias_that_is_not_there_cannot_be_set():
    with pytest.raises(AttributeError, match=r"^Linear: bias: got a new value, needs to stay; it has none$"):
        nn.Linear(2, 2, bias=False).bias = np.zeros(2, np.float32)


def test_a_parameter_can_be_changed_in_place():
    layer = nn.Linear(2, 2, seed=0)
    before = layer.weight.copy()
    layer.weight *= 2
    layer.weight[0] += 1
    assert np.array_equal(layer.weight, before * 2 + np.float32([[1], [0]]))


def test_a_layer_inside_one_of_ones_own_is_drawn_with_it():
    class Adapted(nn.Linear):
        def __init__(self):
            super().__init__(3, 3)
            self.adapter = nn.Linear(3, 1)

    a, b = nn.Sequential(Adapted(), seed=0), nn.Sequential(Adapted(), seed=0)
    assert list(a.parameters()) == ["0.weight", "0.bias", "0.adapter.weight", "0.adapter.bias"]
    assert all(np.array_equal(array, b.parameters()[name]) for name, array in a.parameters().items())


def test_layers_whose_parameters_are_overwritten_need_not_be_drawn(monkeypatch):
    def initialize(layer, rng):
        raise AssertionError

    monkeypatch.setattr(WeightedLayer, "initialize", initialize)
    with undrawn():
        assert nn.Linear(3, 2).weight.shape == (2, 3)
    with pytest.raises(AssertionError):
        nn.Linear(3, 2)
