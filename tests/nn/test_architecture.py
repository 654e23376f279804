import numpy as np
import pytest

import fastconv
from fastconv import nn
from fastconv.nn import architecture
from fastconv.nn.architecture import LAYERS, build, description
from fastconv.nn.contract import built_in


@pytest.fixture
def table(monkeypatch):
    """A table of layers that other tests do not see."""
    monkeypatch.setattr(architecture, "LAYERS", {**LAYERS})


class Scale(nn.Layer):
    """y = factor x, with one weight and a layer inside."""

    def __init__(self, factor, features=2):
        super().__init__()
        self.factor, self.features = factor, features
        self.inner = nn.Linear(features, features, seed=0)

    def config(self):
        return {"factor": self.factor, "features": self.features}

    def forward(self, x, training=True):
        y, inner = self.inner.forward(x * self.factor, training)

        def backward(dy, input_gradient=True):
            dx, gradients = inner(dy, input_gradient)
            return (dx * self.factor if input_gradient else None), nn.prefixed("inner", gradients)

        return y, backward


def test_the_table_holds_every_public_layer():
    public = [kind for kind in vars(nn).values() if isinstance(kind, type) and issubclass(kind, nn.Layer)]
    assert {kind.__name__: kind for kind in public if kind is not nn.Layer} == LAYERS
    assert all(map(built_in, LAYERS.values()))


def test_a_layer_of_ones_own_is_not_in_the_table():
    class Mine(nn.ReLU):
        def forward(self, x, training=True):
            return super().forward(x, training)

    assert "Mine" not in LAYERS
    with pytest.raises(ValueError, match=r"^save: model: got Mine, needs layers of fastconv.nn"):
        description(nn.Sequential(nn.Flatten(), Mine()))


def test_what_was_described_is_built_with_other_numbers():
    model = nn.Sequential(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU()), nn.Softmax(-1), seed=0)
    twin = build(description(model))
    assert repr(twin) == repr(model)
    assert not np.array_equal(twin[0][0].weight, model[0][0].weight)


def test_a_layer_that_nobody_knows_is_told_with_those_that_are_known():
    with pytest.raises(
        ValueError,
        match=r"^architecture: got the unknown layer 'Layer', needs one of A.*; fastconv.register",
    ):
        build({"class": "Layer"})


def test_a_registered_class_is_saved_and_loaded(table, tmp_path):
    assert fastconv.register(Scale) is Scale
    model = nn.Sequential(nn.Linear(3, 2), Scale(0.5), seed=1)
    model.save(tmp_path / "model.safetensors")
    loaded = fastconv.load(tmp_path / "model.safetensors")
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    assert isinstance(loaded[1], Scale)
    assert np.array_equal(loaded(x), model(x))


def test_a_file_never_names_code_that_was_not_registered(table, tmp_path, monkeypatch):
    fastconv.register(Scale)
    Scale(2.0).save(tmp_path / "model.safetensors")
    monkeypatch.setattr(architecture, "LAYERS", {**LAYERS})
    with pytest.raises(ValueError, match=r"got the unknown layer 'Scale', .*; fastconv.register adds"):
        fastconv.load(tmp_path / "model.safetensors")


def test_what_is_registered_is_a_layer_with_a_name_of_its_own(table):
    class Linear(nn.Layer):
        pass

    with pytest.raises(ValueError, match=r"register: kind: got the name Linear, which fastconv.nn has"):
        fastconv.register(Linear)
    for wrong in (nn.ReLU(), int, "Scale", None):
        with pytest.raises(TypeError, match=r"register: kind: got .*, needs a class derived from nn.Layer"):
            fastconv.register(wrong)


def test_a_sequence_of_ones_own_is_built_by_its_constructor(table):
    @fastconv.register
    class Net(nn.Sequential):
        def __init__(self, width):
            super().__init__(nn.Linear(2, width), nn.ReLU())
            self.width = width

        def config(self):
            return {"width": self.width}

    model = build(description(Net(5)))
    assert type(model) is Net
    assert model[0].out_features == 5


def test_a_layer_twice_is_one_layer_again(table):
    layer, relu = nn.Linear(2, 2), nn.ReLU()
    model = nn.Sequential(layer, relu, nn.Sequential(nn.Linear(2, 2), layer), relu, layer)
    twin = build(description(model))
    assert twin[0] is twin[2][1] is twin[4]
    assert twin[2][0] is not twin[0]
    assert list(twin.parameters()) == list(model.parameters())


@pytest.mark.parametrize("number", [-1, 1, True, "0", None])
def test_a_layer_that_is_there_again_has_been_there_before(number):
    inside = [nn.Linear(2, 2).describe(), {"again": number}]
    with pytest.raises(ValueError, match=r"architecture: got layer .* again, needs one before it"):
        build({"class": "Sequential", "layers": inside})
