import numpy as np
import pytest

from fastconv import backend, nn


@pytest.fixture(autouse=True)
def drawn_without_pyplot():
    """The pictures compute with the reference, for which nothing is compiled, and every one can be drawn."""
    figure = pytest.importorskip("matplotlib.figure")
    made = []
    new = figure.Figure.__init__

    def init(self, *arguments, **options):
        new(self, *arguments, **options)
        made.append(self)

    figure.Figure.__init__ = init
    try:
        with backend("reference"):
            yield
    finally:
        figure.Figure.__init__ = new
    for one in made:
        one.canvas.draw()


@pytest.fixture
def model():
    """A classifier with containers and batch norm, for images (3, 6, 6)."""
    body = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(),
        nn.Residual(body),
        nn.Concat(nn.Identity(), nn.Conv2d(4, 2, 1)),
        nn.Graph({"a": (nn.Conv2d(6, 5, 3), "input"), "b": (nn.ReLU(), "a"), "c": (nn.Add(), "a", "b")}),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(5 * 4 * 4, 3),
        seed=0,
    ).astype(np.float64)


@pytest.fixture
def x():
    return np.random.default_rng(1).random((2, 3, 6, 6))
