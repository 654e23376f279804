import numpy as np
import pytest

import fastconv as fc
from fastconv import nn
from fastconv.cli import outputs

IMAGES = np.random.default_rng(0).random((4, 1, 2, 2), np.float32)


def made(*last, classes=3, dtype=np.float32):
    return nn.Sequential(nn.Flatten(), nn.Linear(4, classes, dtype=dtype), *last, seed=0)


@pytest.fixture(autouse=True)
def on_numpy():
    with fc.backend("reference"):
        yield


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_are_given_out(dtype):
    model = made(dtype=dtype)
    np.testing.assert_array_equal(outputs.logits(model, IMAGES), model(IMAGES.astype(dtype)))


@pytest.mark.parametrize("last", [nn.Softmax(1), nn.LogSoftmax(1)], ids=["softmax", "log_softmax"])
def test_probabilities_come_back_from_their_logits(last):
    logits = outputs.logits(made(last), IMAGES)
    expected = fc.functional.softmax(made()(IMAGES), dim=1)
    np.testing.assert_allclose(fc.functional.softmax(logits, dim=1), expected, rtol=1e-6)


@pytest.mark.parametrize("last", [(), (nn.Sigmoid(),)], ids=["logit", "sigmoid"])
def test_one_output_stands_for_two_classes(last):
    share = made(nn.Sigmoid(), classes=1)(IMAGES)
    logits = outputs.logits(made(*last, classes=1), IMAGES)
    expected = np.concatenate([1 - share, share], axis=1)
    np.testing.assert_allclose(fc.functional.softmax(logits, dim=1), expected, rtol=1e-5)


def test_a_probability_of_zero_is_no_infinity():
    model = made(nn.Softmax(1))
    model[1].weight[...] *= 1e4
    assert np.isfinite(outputs.logits(model, IMAGES)).all()


def test_a_model_without_parameters():
    model = nn.Sequential(nn.Flatten())
    np.testing.assert_array_equal(outputs.logits(model, IMAGES), IMAGES.reshape(4, 4))
