import numpy as np
import pytest

from fastconv import nn
from fastconv.nn.named import named
from fastconv.plan.record import layer


class Seen(nn.Layer):
    def __init__(self, seen):
        super().__init__()
        self._seen = seen

    def forward(self, x, training=True):
        self._seen.append(layer.get())

        def backward(dy, input_gradient=True):
            self._seen.append(layer.get())
            return dy, {}

        return x, backward


def test_layers_say_their_names_in_both_directions():
    seen = []
    model = nn.Sequential(Seen(seen), nn.Residual(nn.Sequential(Seen(seen))))
    x = np.ones((1, 2), np.float32)
    with named(model):
        _, backward = model.forward(x)
        backward(x)
    assert seen == ["0", "1.body.0", "1.body.0", "0"]
    seen.clear()
    model.forward(x)
    assert seen == ["", ""]


def test_an_error_leaves_the_layers_as_they_were():
    model = nn.Sequential(nn.Linear(2, 3, seed=0))
    with pytest.raises(ValueError, match="in 0"), named(model):
        model.forward(np.ones((1, 3), np.float32))
    assert "forward" not in vars(model[0]) and layer.get() == ""
