"""The corners of the layers and losses that have some: there nothing is compared, and nothing is blamed."""

import numpy as np
import pytest

from fastconv import nn
from fastconv.explanation import explain

F64 = {"dtype": "float64"}


def check_at(layer, *values):
    """The check of the gradient of the layer's input, which is these values."""
    first = nn.Linear(len(values), len(values), bias=False, **F64)
    first.weight[...] = np.eye(len(values))
    model = nn.Sequential(first, layer, nn.Linear(len(values), 1, seed=0, **F64))
    explanation = explain(model, nn.MSELoss(), [values], [[3.0]])
    assert explanation.ok
    return explanation["dL/dZ1"].check


@pytest.mark.parametrize(
    ("layer", "corners"),
    [
        (nn.ReLU(), [0]),
        (nn.LeakyReLU(0.1), [0]),
        (nn.PReLU(**F64), [0]),
        (nn.ELU(0.5), [0]),
        (nn.ReLU6(), [0, 6]),
        (nn.Hardtanh(-1, 0.5), [-1, 0.5]),
        (nn.Hardsigmoid(), [-3, 3]),
        (nn.Hardswish(), [-3, 3]),
    ],
    ids=repr,
)
def test_a_corner_is_called_a_kink(layer, corners):
    for corner in corners:
        check = check_at(layer, corner, corner + 0.25, corner - 0.25)
        assert (check.verdict, check.checked, check.kinks) == ("ok", 2, 1)


def test_a_smooth_layer_has_no_kink():
    for layer in (nn.ELU(), nn.GELU(), nn.SiLU(), nn.Softplus(), nn.Tanh()):
        check = check_at(layer, 0, 0.25, -0.25)
        assert (check.verdict, check.checked, check.kinks) == ("ok", 3, 0)


@pytest.mark.parametrize(
    ("pool", "shape"),
    [(nn.MaxPool1d(2), (1, 4)), (nn.MaxPool2d(2), (1, 2, 2)), (nn.AdaptiveMaxPool2d(1), (1, 2, 2))],
    ids=repr,
)
def test_two_equal_maxima_are_a_kink(pool, shape):
    first = nn.Linear(shape[-1], shape[-1], bias=False, **F64)
    first.weight[...] = np.eye(shape[-1])
    features = int(np.prod(pool.output_shape(shape)))
    model = nn.Sequential(first, pool, nn.Flatten(), nn.Linear(features, 1, seed=0, **F64))
    explanation = explain(model, nn.MSELoss(), np.array([1.0, 3, 3, 3]).reshape(shape), 1)
    assert explanation.ok
    assert explanation["dL/dZ1"].check.kinks == (2 if shape == (1, 4) else 3)


@pytest.mark.parametrize(
    ("loss", "kinks"),
    [(nn.L1Loss(), 1), (nn.SmoothL1Loss(beta=0), 1), (nn.SmoothL1Loss(), 0), (nn.HuberLoss(), 0)],
)
def test_the_corner_of_a_loss(loss, kinks):
    model = nn.Linear(2, 2, bias=False, **F64)
    model.weight[...] = np.eye(2)
    explanation = explain(model, loss, [1 + 1e-9, 2], [1, 1])
    assert explanation["dL/dZ1"].check.kinks == kinks
    assert explanation.ok


def test_a_probability_of_0_or_1_is_not_moved_out_of_its_range():
    model = nn.Sequential(nn.Linear(1, 2, bias=False, **F64), nn.Sigmoid())
    model[0].weight[...] = [[0.5], [800]]
    explanation = explain(model, nn.BCELoss(), [1], [0, 1])
    assert explanation["H"].value[0, 1] == 1
    check = explanation["dL/dH"].check
    assert (check.verdict, check.checked, check.kinks) == ("ok", 1, 1)
    assert explanation.ok
