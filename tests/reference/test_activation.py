import math

import numpy as np
import pytest

from fastconv.reference import (
    log_softmax,
    log_softmax_input,
    relu,
    relu_input,
    sigmoid,
    sigmoid_input,
    softmax,
    softmax_input,
)


def test_relu_by_hand():
    y = relu(np.array([-2.0, -0.0, 0.0, 3.0, math.inf, -math.inf, math.nan]))
    np.testing.assert_array_equal(y, [0, 0, 0, 3, math.inf, 0, math.nan])
    g = relu_input(np.array([0.0, 0.5, 2]), np.array([10.0, 20, 30]))
    np.testing.assert_array_equal(g, [0, 20, 30])


def test_relu_stops_a_gradient_that_is_not_finite():
    np.testing.assert_array_equal(relu_input(np.zeros(2), np.array([math.nan, math.inf])), [0, 0])


def test_relu_passes_the_gradient_of_nan_as_pytorch_does():
    np.testing.assert_array_equal(relu_input(np.array([math.nan]), np.array([5.0])), [5])


def test_sigmoid_by_hand():
    y = sigmoid(np.array([0.0, math.log(3), -math.log(3)]))
    np.testing.assert_allclose(y, [1 / 2, 3 / 4, 1 / 4], rtol=1e-15)
    np.testing.assert_allclose(
        sigmoid_input(y, np.array([1.0, 2, 4])), [1 / 4, 2 * 3 / 16, 4 * 3 / 16], rtol=1e-15
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_is_stable(dtype):
    y = sigmoid(np.array([1e4, -1e4, math.inf, -math.inf, math.nan, -80], dtype=dtype))
    assert y.dtype == dtype
    np.testing.assert_array_equal(y[:5], [1, 0, 1, 0, math.nan])
    np.testing.assert_allclose(y[5], math.exp(-80), rtol=4 * np.finfo(dtype).eps)


def test_softmax_by_hand():
    logits = np.log(np.array([[1.0, 2, 5], [3, 3, 2]]))
    np.testing.assert_allclose(softmax(logits, 1), [[1 / 8, 2 / 8, 5 / 8], [3 / 8, 3 / 8, 2 / 8]], rtol=1e-14)
    np.testing.assert_allclose(softmax(logits, 0), [[1 / 4, 2 / 5, 5 / 7], [3 / 4, 3 / 5, 2 / 7]], rtol=1e-14)
    np.testing.assert_allclose(log_softmax(logits, 1)[0], np.log([1 / 8, 2 / 8, 5 / 8]), rtol=1e-14)


def test_softmax_gradient_by_hand():
    y, g = np.array([0.25, 0.75]), np.array([4.0, 8.0])
    mean = 0.25 * 4 + 0.75 * 8
    np.testing.assert_array_equal(softmax_input(y, g, 0), [0.25 * (4 - mean), 0.75 * (8 - mean)])
    np.testing.assert_allclose(
        log_softmax_input(np.log(y), g, 0), [4 - 0.25 * 12, 8 - 0.75 * 12], rtol=1e-14, atol=1e-14
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_is_stable(dtype):
    x = np.array([[1e4, -1e4, 1e4], [-math.inf, 0, -math.inf]], dtype=dtype)
    np.testing.assert_array_equal(softmax(x, 1), [[0.5, 0, 0.5], [0, 1, 0]])
    y = log_softmax(x, 1)
    assert y.dtype == dtype
    log2 = math.log(2)
    expected = np.array([[-log2, -2e4 - log2, -log2], [-math.inf, 0, -math.inf]])
    np.testing.assert_allclose(y, expected, rtol=np.finfo(dtype).eps)


def test_nan_spoils_its_own_row_alone():
    x = np.array([[1.0, math.nan], [1.0, 1.0]])
    np.testing.assert_array_equal(softmax(x, 1), [[math.nan, math.nan], [0.5, 0.5]])


@pytest.mark.parametrize("shape", [(6,), (3, 4), (2, 3, 4), (0, 3)], ids=str)
def test_elementwise_gradients_are_central_differences(shape, assert_gradient):
    rng = np.random.default_rng(0)
    x, g = rng.standard_normal(shape), rng.standard_normal(shape)
    assert_gradient(relu_input(relu(x), g), lambda x: np.sum(g * relu(x)), x)
    assert_gradient(sigmoid_input(sigmoid(x), g), lambda x: np.sum(g * sigmoid(x)), x)


@pytest.mark.parametrize(
    ("shape", "dim"), [((6,), 0), ((3, 4), 1), ((3, 4), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((0, 3), 1)]
)
def test_gradients_along_an_axis_are_central_differences(shape, dim, assert_gradient):
    rng = np.random.default_rng(1)
    x, g = rng.standard_normal(shape), rng.standard_normal(shape)
    assert_gradient(softmax_input(softmax(x, dim), g, dim), lambda x: np.sum(g * softmax(x, dim)), x)
    assert_gradient(
        log_softmax_input(log_softmax(x, dim), g, dim), lambda x: np.sum(g * log_softmax(x, dim)), x
    )


@pytest.mark.parametrize("function", [relu, sigmoid])
def test_elementwise_functions_keep_type_and_arguments(function):
    x = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
    before = x.copy()
    y = function(x)
    assert y.dtype == np.float32
    assert y.shape == x.shape
    assert not np.shares_memory(x, y)
    np.testing.assert_array_equal(x, before)
    assert relu_input(y, x).dtype == sigmoid_input(y, x).dtype == np.float32


def test_functions_along_an_axis_keep_type():
    x = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
    for result in (softmax(x, 1), log_softmax(x, 1), softmax_input(x, x, 1), log_softmax_input(x, x, 1)):
        assert result.dtype == np.float32
        assert result.shape == x.shape
