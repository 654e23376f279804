"""The networks whose pages are tested, and all their numbers by the NumPy reference in float64."""

import numpy as np

from fastconv import backend, models, nn
from fastconv.cli.explain import SEVEN
from fastconv.explanation import explain
from fastconv.explanation.page.whole import whole


def cnn():
    image = np.array(SEVEN, np.float32)[None, None] / 10
    return models.derivation_cnn(seed=0), nn.BCEWithLogitsLoss(), image, np.ones((1, 1), np.float32)


def small():
    """The 3 x 3 image and the 2 x 2 filter of the derivation; Z1[0,1] = 7.5 wins the window."""
    model = models.derivation_cnn(3, kernel_size=2, dtype="float64")
    model[0].weight[...] = [[1, -1], [0, 2]]
    model[0].bias[...] = -0.5
    model[4].weight[...] = 0.5
    model[4].bias[...] = -3.75
    return model, nn.BCEWithLogitsLoss(), np.array([[[[1.0, 2, 0], [0, 1, 3], [2, 1, 1]]]]), np.ones((1, 1))


def mlp():
    x = np.array([[1, 0.5, -0.5, 0], [-1, 0, 0.5, 1]], np.float32)
    return models.derivation_mlp(4, 3, 2, seed=0), nn.CrossEntropyLoss(), x, np.array([0, 1])


def batch():
    """Two filters, three samples. One of these is dark: all numbers of a window are 0, and the first wins."""
    model = models.derivation_cnn(4, filters=2, seed=1, dtype="float64")
    model[0].bias[...] = -0.1
    x = np.random.default_rng(5).normal(size=(3, 1, 4, 4))
    x[1] = 0
    return model, nn.BCEWithLogitsLoss(), x, np.array([[1.0], [0], [1]])


def squashed():
    """Probabilities from a last sigmoid, summed."""
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2), nn.Sigmoid(), seed=0)
    x = np.array([[0.5, -1], [2, 0.25]], np.float32)
    return model, nn.BCELoss(reduction="sum"), x, np.array([[1, 0], [0.25, 1]], np.float32)


def strided():
    """Channels, samples, groups, stride, dilation, uneven padding, overlapping windows, smooth layers."""
    model = nn.Sequential(
        nn.Conv2d(2, 4, 2, stride=2, padding=1, groups=2),
        nn.Tanh(),
        nn.Conv2d(4, 3, 2, padding="same", dilation=2, bias=False),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.AvgPool2d((2, 1)),
        nn.Flatten(),
        nn.Linear(6, 4),
        nn.Sigmoid(),
        nn.Linear(4, 3),
        seed=3,
    )
    x = np.random.default_rng(0).normal(size=(2, 2, 7, 6)).astype(np.float32)
    return model, nn.MSELoss(), x, np.array([[0.5, 1, 0], [-1, 0, 2]], np.float32)


NETWORKS = {"cnn": cnn, "small": small, "mlp": mlp, "batch": batch, "squashed": squashed, "strided": strided}


def explained(*network):
    """The explanation on the reference backend."""
    with backend("reference"):
        return explain(*network)


def expected(model, loss, x, y, lr=0.1):
    """Every number of a page in float64, by symbol."""
    with backend("reference"):
        found = explain(model.astype(np.float64), loss, x.astype(np.float64), y, lr)
        return {step.symbol: step.value for step in whole(found.steps, found.walk)}


def write(path, *networks, lr=0.1):
    """Write a page with these networks."""
    with backend("reference"):
        first, *others = (explain(*network, lr=lr) for network in networks)
        first.to_html(path, *others)
    return path
