import math

import numpy as np
import pytest

from fastconv import reference
from fastconv.reference import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_input,
    cross_entropy,
    cross_entropy_input,
    mse_loss,
    mse_loss_input,
    sigmoid,
)

REDUCTIONS = ["none", "mean", "sum"]
bce, bce_input = binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_input

# Rows of probabilities 1/8, 2/8, 5/8 and 3/8, 3/8, 2/8.
LOGITS = np.log(np.array([[1.0, 2, 5], [3, 3, 2]]))
P = np.array([[1, 2, 5], [3, 3, 2]]) / 8


def test_cross_entropy_by_hand():
    labels = np.array([2, 0])
    each = [-math.log(5 / 8), -math.log(3 / 8)]
    np.testing.assert_allclose(cross_entropy(LOGITS, labels, reduction="none"), each, rtol=1e-14)
    np.testing.assert_allclose(cross_entropy(LOGITS, labels, reduction="sum"), each[0] + each[1], rtol=1e-14)
    np.testing.assert_allclose(cross_entropy(LOGITS, labels), (each[0] + each[1]) / 2, rtol=1e-14)


def test_cross_entropy_gradient_by_hand_is_softmax_minus_target():
    g = cross_entropy_input(LOGITS, np.array([2, 0]), reduction="sum")
    np.testing.assert_allclose(g, P - [[0, 0, 1], [1, 0, 0]], rtol=1e-14)
    mean = cross_entropy_input(LOGITS, np.array([2, 0]))
    np.testing.assert_allclose(mean, (P - [[0, 0, 1], [1, 0, 0]]) / 2, rtol=1e-14)


def test_class_weights_scale_the_terms_and_the_mean_divides_by_them():
    labels, weight = np.array([2, 0]), np.array([2.0, 10, 3])
    each = [-3 * math.log(5 / 8), -2 * math.log(3 / 8)]
    np.testing.assert_allclose(cross_entropy(LOGITS, labels, weight, reduction="none"), each, rtol=1e-14)
    np.testing.assert_allclose(cross_entropy(LOGITS, labels, weight), sum(each) / (3 + 2), rtol=1e-14)
    probabilities = np.array([[0, 0, 1.0], [1, 0, 0]])
    np.testing.assert_allclose(cross_entropy(LOGITS, probabilities, weight), sum(each) / 2, rtol=1e-14)


def test_smoothing_mixes_the_target_with_the_uniform_distribution():
    smooth = cross_entropy(LOGITS, np.array([2, 0]), label_smoothing=0.3)
    mixed = 0.7 * np.array([[0, 0, 1], [1, 0, 0]]) + 0.1
    np.testing.assert_allclose(smooth, -np.sum(mixed * np.log(P)) / 2, rtol=1e-14)
    np.testing.assert_allclose(smooth, cross_entropy(LOGITS, mixed), rtol=1e-14)


def test_ignored_samples_count_nothing():
    labels = np.array([2, -100])
    np.testing.assert_allclose(cross_entropy(LOGITS, labels), -math.log(5 / 8), rtol=1e-14)
    np.testing.assert_allclose(cross_entropy(LOGITS, labels, reduction="none")[1], 0)
    np.testing.assert_array_equal(cross_entropy_input(LOGITS, labels, label_smoothing=0.1)[1], [0, 0, 0])
    same = cross_entropy(LOGITS, np.array([2, 1]), ignore_index=1)
    assert same == cross_entropy(LOGITS, labels)


def test_a_mean_over_nothing_is_nan_without_a_gradient():
    labels = np.array([-100, -100])
    assert math.isnan(cross_entropy(LOGITS, labels))
    np.testing.assert_array_equal(cross_entropy_input(LOGITS, labels), np.zeros((2, 3)))
    assert cross_entropy(LOGITS, labels, reduction="sum") == 0


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_an_empty_batch(reduction):
    x, labels = np.zeros((0, 3)), np.zeros(0, dtype=np.int64)
    expected = {"none": np.zeros(0), "mean": math.nan, "sum": 0}[reduction]
    np.testing.assert_array_equal(cross_entropy(x, labels, reduction=reduction), expected)
    np.testing.assert_array_equal(cross_entropy(x, x, reduction=reduction), expected)
    assert cross_entropy_input(x, labels, reduction=reduction).shape == (0, 3)
    empty = np.zeros((0, 3)) if reduction == "none" else expected
    np.testing.assert_array_equal(mse_loss(x, x, reduction), empty)
    np.testing.assert_array_equal(bce(x, x, reduction=reduction), empty)
    assert mse_loss_input(x, x, reduction).shape == bce_input(x, x, reduction=reduction).shape == (0, 3)


def test_a_class_ruled_out_leaves_the_loss_finite():
    x = np.array([[0, -math.inf, 0]])
    np.testing.assert_allclose(cross_entropy(x, np.array([0])), math.log(2), rtol=1e-15)
    np.testing.assert_allclose(cross_entropy(x, np.array([[0.5, 0, 0.5]])), math.log(2), rtol=1e-15)
    np.testing.assert_array_equal(cross_entropy_input(x, np.array([0])), [[-0.5, 0, 0.5]])
    assert cross_entropy(x, np.array([1])) == math.inf


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_is_stable(dtype):
    x = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype=dtype)
    loss = cross_entropy(x, np.array([1, 1]), reduction="none")
    assert loss.dtype == dtype
    np.testing.assert_array_equal(loss, [2e4, 0])
    np.testing.assert_array_equal(
        cross_entropy_input(x, np.array([1, 1]), reduction="sum"), [[1, -1], [0, 0]]
    )


def drawn_targets():
    rng = np.random.default_rng(0)
    probabilities = rng.random((5, 4))
    return {
        "labels": np.array([3, 0, 1, 1, 2]),
        "some ignored": np.array([3, -100, 1, -100, 2]),
        "probabilities": probabilities / probabilities.sum(axis=1, keepdims=True),
    }


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([0.5, 2, 1, 3])], ids=["", "weighted"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("target", ["labels", "some ignored", "probabilities"])
def test_cross_entropy_gradient_is_central_differences(target, smoothing, weight, reduction, assert_gradient):
    x = np.random.default_rng(1).standard_normal((5, 4))
    arguments = (drawn_targets()[target], weight, -100, reduction, smoothing)
    assert_gradient(cross_entropy_input(x, *arguments), lambda x: np.sum(cross_entropy(x, *arguments)), x)


def test_binary_cross_entropy_by_hand():
    # sigmoid of log 3 is 3/4.
    x, y = np.array([math.log(3), math.log(3), math.log(3)]), np.array([1.0, 0, 0.5])
    each = [-math.log(3 / 4), -math.log(1 / 4), -0.5 * math.log(3 / 4) - 0.5 * math.log(1 / 4)]
    np.testing.assert_allclose(bce(x, y, reduction="none"), each, rtol=1e-14)
    np.testing.assert_allclose(bce(x, y, reduction="sum"), sum(each), rtol=1e-14)
    np.testing.assert_allclose(bce(x, y), sum(each) / 3, rtol=1e-14)


def test_binary_gradient_by_hand_is_output_minus_target():
    Z2, Y = np.array([[math.log(3)], [-math.log(4)]]), np.array([[1.0], [0]])
    A2 = sigmoid(Z2)
    np.testing.assert_allclose(A2, [[3 / 4], [1 / 5]], rtol=1e-15)
    np.testing.assert_allclose(bce_input(Z2, Y, reduction="sum"), A2 - Y, rtol=1e-14)
    np.testing.assert_allclose(bce_input(Z2, Y), (A2 - Y) / 2, rtol=1e-14)


def test_binary_weights_by_hand():
    x, y = np.array([math.log(3), math.log(3)]), np.array([1.0, 0])
    weight, pos_weight = np.array([2.0, 5]), np.array([10.0, 100])
    each = [-2 * 10 * math.log(3 / 4), -5 * math.log(1 / 4)]
    np.testing.assert_allclose(bce(x, y, weight, "none", pos_weight), each, rtol=1e-14)
    # The mean counts elements, whatever their weights.
    np.testing.assert_allclose(bce(x, y, weight, "mean", pos_weight), sum(each) / 2, rtol=1e-14)
    g = bce_input(x, y, weight, "sum", pos_weight)
    np.testing.assert_allclose(g, [-2 * 10 * 1 / 4, 5 * 3 / 4], rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_binary_cross_entropy_is_stable(dtype):
    x = np.array([1e4, -1e4, 1e4, -1e4], dtype=dtype)
    y = np.array([1, 1, 0, 0], dtype=dtype)
    loss = bce(x, y, reduction="none")
    assert loss.dtype == dtype
    np.testing.assert_array_equal(loss, [0, 1e4, 1e4, 0])
    np.testing.assert_array_equal(bce_input(x, y, reduction="sum"), [0, -1, 1, 0])
    small = np.array([-80], dtype=dtype)
    tolerance = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(bce(small, np.zeros(1, dtype), reduction="sum"), math.exp(-80), rtol=tolerance)
    np.testing.assert_allclose(bce_input(small, np.zeros(1, dtype)), [math.exp(-80)], rtol=tolerance)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([[0.5], [2], [3]])], ids=["", "weight"])
@pytest.mark.parametrize("pos_weight", [None, np.array([0.5, 2, 1, 3])], ids=["", "pos_weight"])
def test_binary_gradient_is_central_differences(pos_weight, weight, reduction, assert_gradient):
    rng = np.random.default_rng(2)
    x, arguments = rng.standard_normal((3, 4)), (rng.random((3, 4)), weight, reduction, pos_weight)
    assert_gradient(bce_input(x, *arguments), lambda x: np.sum(bce(x, *arguments)), x)


def test_mse_by_hand():
    x, y = np.array([[1.0, 2], [3, 4]]), np.array([[1.0, 0], [0, 8]])
    np.testing.assert_array_equal(mse_loss(x, y, "none"), [[0, 4], [9, 16]])
    assert mse_loss(x, y, "sum") == 29
    assert mse_loss(x, y) == 29 / 4
    np.testing.assert_array_equal(mse_loss_input(x, y, "sum"), [[0, 4], [6, -8]])
    np.testing.assert_array_equal(mse_loss_input(x, y), [[0, 1], [1.5, -2]])


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_mse_gradient_is_central_differences(reduction, assert_gradient):
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    assert_gradient(mse_loss_input(x, y, reduction), lambda x: np.sum(mse_loss(x, y, reduction)), x)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_results_have_the_type_of_the_input(reduction):
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    y = np.full_like(x, 0.25)
    results = [
        cross_entropy(x, np.array([0, 2]), y[0], reduction=reduction, label_smoothing=0.1),
        cross_entropy_input(x, np.array([0, 2]), y[0], reduction=reduction, label_smoothing=0.1),
        bce(x, y, y, reduction, y),
        bce_input(x, y, y, reduction, y),
        mse_loss(x, y, reduction),
        mse_loss_input(x, y, reduction),
    ]
    for i, result in enumerate(results):
        assert result.dtype == np.float32
        assert np.isscalar(result) == (reduction != "none" and i % 2 == 0)


def test_distances_by_hand():
    x, y = np.array([0.0, 1, -4]), np.array([0.5, 1, 0])
    for name, options, losses, gradient in (
        ("l1_loss", {}, [0.5, 0, 4], [-1, 0, -1]),
        ("smooth_l1_loss", {"beta": 2.0}, [0.0625, 0, 3], [-0.25, 0, -1]),
        ("smooth_l1_loss", {"beta": 0.0}, [0.5, 0, 4], [-1, 0, -1]),
        ("huber_loss", {"delta": 2.0}, [0.125, 0, 6], [-0.5, 0, -2]),
    ):
        function, of_input = getattr(reference, name), getattr(reference, f"{name}_input")
        np.testing.assert_array_equal(function(x, y, "none", **options), losses)
        assert function(x, y, **options) == pytest.approx(np.mean(losses), rel=1e-15)
        np.testing.assert_array_equal(of_input(x, y, "sum", **options), gradient)
        np.testing.assert_allclose(of_input(x, y, "mean", **options), np.divide(gradient, 3), rtol=1e-15)


def test_nll_by_hand():
    x, labels, w = np.array([[-1.0, -2], [-3, -4], [-5, -6]]), np.array([1, -100, 0]), np.array([2.0, 4])
    np.testing.assert_array_equal(reference.nll_loss(x, labels, w, reduction="none"), [8, 0, 10])
    assert reference.nll_loss(x, labels, w) == 18 / 6
    np.testing.assert_allclose(reference.nll_loss_input(x, labels, w), [[0, -4 / 6], [0, 0], [-2 / 6, 0]])
    assert reference.nll_loss(x, labels + 1, w) is None
    assert reference.nll_loss_input(x, labels + 1, w) is None


def test_binary_cross_entropy_of_probabilities_by_hand():
    x, y = np.array([0.25, 0.0, 1.0]), np.array([1.0, 1.0, 0.0])
    np.testing.assert_allclose(
        reference.binary_cross_entropy(x, y, reduction="none"), [np.log(4), 100, 100], rtol=1e-15
    )
    gradient = reference.binary_cross_entropy_input(x, y, reduction="sum")
    np.testing.assert_allclose(gradient, [-4, -1e12, 1e12], rtol=1e-15)
    assert reference.binary_cross_entropy(x + 1e-9, y) is None
    assert reference.binary_cross_entropy(x, y - 1e-9) is None


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("l1_loss", {}),
        ("smooth_l1_loss", {"beta": 0.7}),
        ("huber_loss", {"delta": 0.6}),
        ("binary_cross_entropy", {}),
    ],
)
def test_more_gradients_are_central_differences(name, options, reduction, assert_gradient):
    function, of_input = getattr(reference, name), getattr(reference, f"{name}_input")
    x, y = np.random.default_rng(3).uniform(0.05, 0.95, (2, 4, 3))
    options = {"reduction": reduction, **options}
    assert_gradient(of_input(x, y, **options), lambda x: function(x, y, **options), x)
