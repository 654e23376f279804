import numpy as np

import fastconv as fc
from fastconv import nn
from fastconv.nn.listening import listening


def hear(model, x):
    heard = []
    y, backward = model.forward(x)
    with listening(lambda layer, gradients: heard.append((layer, gradients))):
        _, gradients = backward(np.ones_like(y), input_gradient=False)
    backward(np.ones_like(y))  # nobody listens any more
    return heard, gradients


def test_layers_announce_their_gradients_from_the_last_to_the_first():
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 1)), seed=0)
    with fc.backend("reference"):
        heard, gradients = hear(model, np.ones((4, 2), np.float32))
    inner = model[1]
    assert [layer for layer, _ in heard] == [inner[1], inner[0], inner, model[0]]
    assert heard[0][1]["weight"] is gradients["1.1.weight"]
    assert heard[-1][1]["bias"] is gradients["0.bias"]
