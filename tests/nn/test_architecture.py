import numpy as np
import pytest

from fastconv import nn
from fastconv.nn.architecture import LAYERS, build, description


def test_the_table_holds_every_public_layer():
    public = [kind for kind in vars(nn).values() if isinstance(kind, type) and issubclass(kind, nn.Layer)]
    assert {kind.__name__: kind for kind in public if kind is not nn.Layer} == LAYERS


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
        ValueError, match=r"^architecture: got the unknown layer 'Layer', needs one of AdaptiveAvgPool2d, Avg"
    ):
        build({"class": "Layer"})
