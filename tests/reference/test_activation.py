import math

import numpy as np
import pytest

from fastconv import reference
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


ELEMENTWISE = {
    "leaky_relu": {"negative_slope": 0.3},
    "elu": {"alpha": 0.7},
    "gelu": {"approximate": "none"},
    "gelu, tanh": {"approximate": "tanh"},
    "silu": {},
    "softplus": {"beta": 1.5, "threshold": 2.0},
    "hardswish": {},
    "hardsigmoid": {},
    "hardtanh": {"min_val": -0.4, "max_val": 0.9},
    "relu6": {},
}
"""Activations whose gradient takes the input, and options."""


def both(case):
    name, options = case.split(",")[0], ELEMENTWISE[case]
    function, gradient = getattr(reference, name), getattr(reference, f"{name}_input")
    return lambda x: function(x, **options), lambda x, g: gradient(x, g, **options)


@pytest.mark.parametrize(
    ("function", "x", "y"),
    [
        (lambda x: reference.leaky_relu(x, 0.5), [-4, 0, 3], [-2, 0, 3]),
        (lambda x: reference.elu(x, 2.0), [-math.log(2), 0, 3], [-1, 0, 3]),
        (reference.gelu, [0, 1, -1], [0, 0.8413447460685429, -0.15865525393145707]),
        (lambda x: reference.gelu(x, "tanh"), [0, 1, -1], [0, 0.8411919906082768, -0.15880800939172324]),
        (reference.silu, [0, math.log(3), -math.log(3)], [0, 0.75 * math.log(3), -0.25 * math.log(3)]),
        (reference.tanh, [0, math.log(2), -math.log(2)], [0, 0.6, -0.6]),
        (
            lambda x: reference.softplus(x, 2.0, 9.0),
            [0, math.log(3) / 2, 5],
            [math.log(2) / 2, math.log(2), 5],
        ),
        (reference.hardswish, [-4, -3, 0, 1, 3, 4], [0, 0, 0, 4 / 6, 3, 4]),
        (reference.hardsigmoid, [-4, -3, 0, 1, 3, 4], [0, 0, 0.5, 4 / 6, 1, 1]),
        (lambda x: reference.hardtanh(x, -1, 2), [-4, 0, 3], [-1, 0, 2]),
        (reference.relu6, [-4, 0, 3, 7], [0, 0, 3, 6]),
        (lambda x: reference.prelu(x, np.array([0.5])), [-4, 0, 3], [-2, 0, 3]),
    ],
)
def test_activations_by_hand(function, x, y):
    np.testing.assert_allclose(function(np.array(x, np.float64)), y, rtol=1e-14)


def test_prelu_by_hand():
    x, w, g = np.array([[-1.0, -1, 2], [4, -3, -2]]), np.array([0.5, 2, 3]), np.full((2, 3), 10.0)
    np.testing.assert_array_equal(reference.prelu(x, w), [[-0.5, -2, 2], [4, -6, -6]])
    np.testing.assert_array_equal(reference.prelu_input(x, w, g), [[5, 20, 10], [10, 20, 30]])
    np.testing.assert_array_equal(reference.prelu_weight(x, w, g), [-10, -40, -20])
    np.testing.assert_array_equal(reference.prelu_weight(x, np.array(0.5), g), -70)


@pytest.mark.parametrize("case", ELEMENTWISE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits_at_infinity_and_nan(case, dtype):
    """Where PyTorch multiplies 0 by infinity, the limit of the formula stands here."""
    function, gradient = both(case)
    x = np.array([-math.inf, -1e30, 1e30, math.inf, math.nan], dtype)
    y, dx = function(x), gradient(x, np.ones(5, dtype))
    assert y.dtype == dx.dtype == dtype
    limits = {"leaky_relu": (-math.inf, math.inf), "elu": (-0.7, math.inf), "hardsigmoid": (0, 1)}
    limits |= {"hardtanh": (-0.4, 0.9), "relu6": (0, 6)}
    np.testing.assert_allclose(y[[0, 3, 4]], [*limits.get(case, (0, math.inf)), math.nan], rtol=1e-6)
    slopes = {"leaky_relu": (0.3, 1), "hardsigmoid": (0, 0), "hardtanh": (0, 0), "relu6": (0, 0)}
    low, high = slopes.get(case, (0, 1))
    np.testing.assert_allclose(dx[:4], [low, low, high, high], rtol=1e-6)


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
    tanh = reference.tanh
    assert_gradient(reference.tanh_input(tanh(x), g), lambda x: np.sum(g * tanh(x)), x)


@pytest.mark.parametrize("case", ELEMENTWISE)
def test_gradients_by_input_are_central_differences(case, assert_gradient):
    function, gradient = both(case)
    x, g = np.random.default_rng(0).standard_normal((2, 4, 5))
    assert_gradient(gradient(2 * x, g), lambda x: np.sum(g * function(x)), 2 * x)


@pytest.mark.parametrize(("shape", "slopes"), [((4, 3), (3,)), ((2, 3, 2), (3,)), ((4, 3), (1,)), ((5,), ())])
def test_gradients_of_prelu_are_central_differences(shape, slopes, assert_gradient):
    rng = np.random.default_rng(0)
    x, g, w = rng.standard_normal(shape), rng.standard_normal(shape), np.asarray(rng.random(slopes))
    prelu = reference.prelu
    assert_gradient(reference.prelu_input(x, w, g), lambda x: np.sum(g * prelu(x, w)), x)
    assert_gradient(reference.prelu_weight(x, w, g), lambda w: np.sum(g * prelu(x, w)), w)


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
