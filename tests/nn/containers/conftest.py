"""What the tests of containers share."""

import numpy as np
import pytest

from fastconv import nn
from fastconv.nn.architecture import build, description

F64 = {"dtype": np.float64}


@pytest.fixture
def comes_back():
    """A function: whether a model is described and built again as it is, with the same numbers."""

    def check(model, x):
        twin = build(description(model))
        twin.load_state_dict(model.state_dict())
        assert repr(twin) == repr(model)
        assert list(twin.parameters()) == list(model.parameters())
        return np.array_equal(twin(x), model(x))

    return check


@pytest.fixture
def same_as():
    """A function that compares two models of the same parameters: outputs, and all gradients."""

    def check(model, other, x):
        assert np.array_equal(model(x), other(x))
        y, backward = model.forward(x)
        z, expected = other.forward(x)
        assert np.array_equal(y, z)
        dy = np.random.default_rng(7).normal(size=y.shape).astype(y.dtype)
        dx, gradients = backward(dy)
        of_x, of_parameters = expected(dy)
        np.testing.assert_allclose(dx, of_x, rtol=1e-12)
        for mine, theirs in zip(gradients.values(), of_parameters.values(), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12)

    return check


@pytest.fixture
def block():
    """A function: a small convolution, ReLU and convolution in float64."""

    def make(channels=2, out=2, stride=1):
        return nn.Sequential(
            nn.Conv2d(channels, 3, 3, stride, padding=1, dtype=np.float64, seed=0),
            nn.ReLU(),
            nn.Conv2d(3, out, 3, padding=1, dtype=np.float64, seed=1),
        )

    return make


@pytest.fixture
def x():
    """Two images of two channels."""
    return np.random.default_rng(0).normal(size=(2, 2, 6, 5))
