import numpy as np
import pytest

from fastconv.reference import linear, linear_bias, linear_input, linear_weight

# By hand: two samples of two features, three outputs; G is the gradient of the 2x3 output.
X = np.array([[1.0, 2], [3, -1]])
W = np.array([[1.0, 0], [2, -1], [0.5, 4]])
b = np.array([0.5, 0, -1])
G = np.array([[1.0, -2, 3], [0, 4, 2]])


def test_output_by_hand():
    Z = linear(X, W, b)
    expected = [
        [1 * 1 + 2 * 0 + 0.5, 1 * 2 + 2 * -1 + 0, 1 * 0.5 + 2 * 4 - 1],
        [3 * 1 + -1 * 0 + 0.5, 3 * 2 + -1 * -1 + 0, 3 * 0.5 + -1 * 4 - 1],
    ]
    assert expected == [[1.5, 0, 7.5], [3.5, 7, -3.5]]
    np.testing.assert_array_equal(Z, expected)


def test_weight_gradient_by_hand():
    dW = linear_weight(X, G)
    expected = [
        [1 * 1 + 0 * 3, 1 * 2 + 0 * -1],
        [-2 * 1 + 4 * 3, -2 * 2 + 4 * -1],
        [3 * 1 + 2 * 3, 3 * 2 + 2 * -1],
    ]
    assert expected == [[1, 2], [10, -8], [9, 4]]
    np.testing.assert_array_equal(dW, expected)


def test_bias_gradient_by_hand():
    np.testing.assert_array_equal(linear_bias(G), [1 + 0, -2 + 4, 3 + 2])


def test_input_gradient_by_hand():
    dX = linear_input(W, G)
    expected = [
        [1 * 1 + -2 * 2 + 3 * 0.5, 1 * 0 + -2 * -1 + 3 * 4],
        [0 * 1 + 4 * 2 + 2 * 0.5, 0 * 0 + 4 * -1 + 2 * 4],
    ]
    assert expected == [[-1.5, 14], [9, 4]]
    np.testing.assert_array_equal(dX, expected)


@pytest.mark.parametrize("lead", [(), (4,), (2, 3), (2, 1, 3), (0,)], ids=str)
def test_gradients_are_central_differences(lead, assert_gradient):
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((*lead, 3)), rng.standard_normal((5, 3)), rng.standard_normal(5)
    g = rng.standard_normal((*lead, 5))
    assert linear(x, w, b).shape == g.shape
    assert_gradient(linear_input(w, g), lambda x: np.sum(g * linear(x, w, b)), x)
    assert_gradient(linear_weight(x, g), lambda w: np.sum(g * linear(x, w, b)), w)
    assert_gradient(linear_bias(g), lambda b: np.sum(g * linear(x, w, b)), b)


def test_no_bias_is_a_bias_of_zero():
    np.testing.assert_array_equal(linear(X, W), linear(X, W, np.zeros(3)))


def test_the_sums_run_in_float64_and_are_rounded_once():
    big = np.array([[2.0**24, 1, 1, -(2.0**24)]], dtype=np.float32)
    ones = np.ones_like(big)
    results = [linear(big, ones), linear_input(ones.T, big), linear_weight(big.T, ones.T), linear_bias(big.T)]
    for result in results:
        assert result.dtype == np.float32
        assert result.item() == 2
