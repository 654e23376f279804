import doctest
from functools import partial

import numpy as np
import pytest

from fastconv import nn, optim

pytest.importorskip("sklearn")
module = pytest.importorskip("fastconv.interop.sklearn.regressor")
ConvRegressor = module.ConvRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5, 6))
Y = np.stack([1e4 + 300 * X.mean(axis=(1, 2)), 1e-3 * X[:, 2, 2]], axis=1)
QUICK = partial(ConvRegressor, "derivation_mlp", lr=0.01, random_state=0)


def test_the_example_of_the_docstring():
    (test,) = doctest.DocTestFinder(recurse=False).find(ConvRegressor, "ConvRegressor", globs={})
    assert doctest.DocTestRunner().run(test).failed == 0
    assert len(test.examples) == 5


def test_one_step_by_hand():
    """Of all samples at once, from zeros: W = 2 lr Σ w z xᵀ / Σ w, where z is y standardised."""
    x, y, weight = X[:12, 0, :4], Y[:12, 0], np.random.default_rng(0).random(12)
    model = nn.Linear(4, 1, bias=False, dtype=np.float64)
    model.load_state_dict({"weight": np.zeros((1, 4))})
    fitted = ConvRegressor(model, epochs=1, optimizer=optim.SGD, lr=0.5).fit(x, y, weight)
    mean = (weight @ y) / weight.sum()
    deviation = np.sqrt(weight @ (y - mean) ** 2 / weight.sum())
    z = (y - mean) / deviation
    expected = mean + deviation * (x @ ((weight * z) @ x / weight.sum()))
    np.testing.assert_allclose(fitted.predict(x), expected, rtol=1e-12)
    assert fitted.loss_curve_ == pytest.approx([1.0])


def test_targets_of_any_size_are_learned():
    fitted = QUICK(epochs=100).fit(X, Y)
    assert fitted.predict(X).shape == (60, 2)
    residual = ((fitted.predict(X) - Y) ** 2).sum(axis=0) / ((Y - Y.mean(axis=0)) ** 2).sum(axis=0)
    assert (residual < 0.1).all()
    np.testing.assert_array_equal(fitted.model_.predict(X[:, None]), fitted.predict(X))


@pytest.mark.parametrize(("y", "shape"), [(Y[:, 0], (60,)), (Y[:, :1], (60, 1)), (Y, (60, 2))])
def test_predictions_have_the_form_of_the_targets(y, shape):
    fitted = QUICK(epochs=1).fit(X, y)
    assert fitted.predict(X).shape == shape
    assert fitted.n_outputs_ == y.reshape(60, -1).shape[1]


def test_a_constant_target_is_predicted():
    fitted = QUICK(epochs=20).fit(X, np.full(60, 1e6))
    np.testing.assert_allclose(fitted.predict(X), 1e6, rtol=1e-5)


def test_mean_and_deviation_stay_those_of_the_first_part():
    fitted = QUICK().partial_fit(X, Y)
    before = {name: array.copy() for name, array in fitted.model_[-1].parameters().items()}
    fitted.partial_fit(X, Y + 5)
    np.testing.assert_equal(fitted.model_[-1].parameters(), before)
    np.testing.assert_allclose(before["bias"], Y.mean(axis=0))
    np.testing.assert_allclose(np.diag(before["weight"]), Y.std(axis=0))


def test_a_network_of_ones_own_is_the_first_layer():
    model = nn.Sequential({"flat": nn.Flatten(), "dense": nn.Linear(30, 2, dtype=np.float64)}, seed=0)
    fitted = ConvRegressor(model, epochs=1, random_state=0).fit(X, Y)
    assert [*fitted.model_.parameters()] == ["0.dense.weight", "0.dense.bias", "1.weight", "1.bias"]
    assert (fitted.model_[0].dense.weight != model.dense.weight).any()


def test_targets_that_do_not_fit():
    fitted = QUICK(epochs=1).partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"^ConvRegressor: y: got 1 targets, needs 2 as in fit$"):
        fitted.partial_fit(X, Y[:, 0])
    with pytest.raises(ValueError, match="could not convert string to float"):
        QUICK().fit(X, ["a"] * 60)
