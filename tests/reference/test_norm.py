import numpy as np
import pytest

from fastconv.reference import (
    channel_norm,
    channel_norm_gradients,
    channel_statistics,
    layer_norm,
    layer_norm_gradients,
    update_statistics,
)

X = np.array([[[1.0, 3], [0, 4], [5, 5], [2, 8]], [[5.0, 7], [4, 0], [5, 5], [2, 0]]])
"""Two samples of four channels of two pixels."""


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape) + 0.5


def test_statistics_by_hand():
    mean, var = channel_statistics(X)
    np.testing.assert_array_equal(mean, [4, 2, 5, 3])
    np.testing.assert_array_equal(var, [5, 4, 0, 9])
    mean, var = channel_statistics(X, 2)
    np.testing.assert_array_equal(mean, [[2, 5], [4, 3]])
    np.testing.assert_array_equal(var, [[2.5, 4.5], [6.5, 4.5]])


def test_normalised_by_hand():
    y = channel_norm(X[:, :2], *channel_statistics(X[:, :2]), np.array([3.0, 4]), np.array([1.0, 2]), 0.0)
    np.testing.assert_allclose(y[0, 1], [2 - 4, 2 + 4], rtol=1e-15)
    np.testing.assert_allclose(y[1, 0], 1 + 3 * np.array([1, 3]) / np.sqrt(5), rtol=1e-15)
    np.testing.assert_array_equal(channel_norm(X, np.zeros(4), np.ones(4), eps=3.0), X / 2)
    rectified = channel_norm(X, np.full((2, 1), 4.0), np.ones((2, 1)), None, None, 0.0, True)
    np.testing.assert_array_equal(rectified, np.maximum(X - 4, 0))


def test_running_statistics_by_hand():
    mean, var = np.array([4.0, 8]), np.array([1.0, 2])
    update_statistics(mean, var, np.array([8.0, 0]), np.array([3.0, 6]), 4, 0.25)
    np.testing.assert_array_equal(mean, [5, 6])
    np.testing.assert_array_equal(var, [0.75 + 1, 1.5 + 2])


def test_rows_by_hand():
    y, mean, var = layer_norm(X, (4, 2), eps=0.0, return_statistics=True)
    np.testing.assert_array_equal(mean, [3.5, 3.5])
    np.testing.assert_array_equal(var, [5.75, 5.75])
    np.testing.assert_allclose(y, (X - 3.5) / np.sqrt(5.75), rtol=1e-15)
    w, b = np.array([2.0, 2]), np.array([1.0, 1])
    np.testing.assert_array_equal(layer_norm(X[0, :2], (2,), w, b, 0.0), [[-1, 3], [-1, 3]])


def test_a_division_by_zero_or_a_root_of_less_gives_nan_without_a_warning():
    assert np.isnan(layer_norm(np.ones((1, 3)), (3,), eps=0.0)).all()
    assert np.isnan(channel_norm(X, np.zeros(4), np.ones(4), eps=-2.0)).all()
    assert np.isnan(layer_norm(X, (2,), eps=-100.0)).all()


@pytest.mark.parametrize("groups", [None, 1, 2, 4])
@pytest.mark.parametrize("rectified", [False, True])
def test_gradients_of_channels(groups, rectified, assert_gradient):
    x, g, w, b = drawn(3, 4, 2), drawn(3, 4, 2, seed=1), drawn(4, seed=2), drawn(4, seed=3)

    def loss(x, w, b, statistics=None):
        mean, var = statistics or channel_statistics(x, groups)
        return np.sum(channel_norm(x, mean, var, w, b, 0.1, rectified) * g)

    mean, var = channel_statistics(x, groups)
    output = channel_norm(x, mean, var, w, b, 0.1, True) if rectified else None
    dw, db, dx = channel_norm_gradients(g, x, mean, var, w, 0.1, True, output)
    assert_gradient(dx, lambda x: loss(x, w, b), x)
    assert_gradient(dw, lambda w: loss(x, w, b), w)
    assert_gradient(db, lambda b: loss(x, w, b), b)
    assert len(channel_norm_gradients(g, x, mean, var, input_gradient=False)) == 2
    dw, db, dx = channel_norm_gradients(g, x, mean, var, w, 0.1, False, output)
    assert_gradient(dx, lambda x: loss(x, w, b, (mean, var)), x)


def test_gradients_of_rows(assert_gradient):
    x, g, w, b = drawn(3, 2, 4), drawn(3, 2, 4, seed=1), drawn(2, 4, seed=2), drawn(2, 4, seed=3)
    _, mean, var = layer_norm(x, (2, 4), w, b, 0.1, True)
    dw, db, dx = layer_norm_gradients(g, x, mean, var, (2, 4), w, 0.1)

    def loss(x, w, b):
        return np.sum(layer_norm(x, (2, 4), w, b, 0.1) * g)

    assert_gradient(dx, lambda x: loss(x, w, b), x)
    assert_gradient(dw, lambda w: loss(x, w, b), w)
    assert_gradient(db, lambda b: loss(x, w, b), b)
