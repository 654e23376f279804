import numpy as np
import pytest

from fastconv import nn

X, Y = np.random.default_rng(0).normal(size=(2, 5, 3)) * 3


def test_far_apart_they_are_the_distance_and_close_its_square(each_backend):
    far, close = nn.L1Loss()(X, Y), nn.MSELoss()(X, Y)
    assert nn.SmoothL1Loss(beta=1e-9)(X, Y) == pytest.approx(far, rel=1e-8)
    assert nn.SmoothL1Loss(beta=0)(X, Y) == far
    assert nn.SmoothL1Loss(beta=100)(X, Y) == pytest.approx(close / 200, rel=1e-13)
    assert nn.HuberLoss(delta=100)(X, Y) == pytest.approx(close / 2, rel=1e-13)
    assert nn.HuberLoss(delta=0.7)(X, Y) == pytest.approx(0.7 * nn.SmoothL1Loss(beta=0.7)(X, Y), rel=1e-13)


def test_their_options_are_shown():
    assert repr(nn.SmoothL1Loss(beta=0.5)) == "SmoothL1Loss(reduction='mean', beta=0.5)"
    assert nn.HuberLoss("sum", 2).config() == {"reduction": "sum", "delta": 2.0}
    assert nn.HuberLoss(delta=2).config() == {"reduction": "mean", "delta": 2.0}
