import numpy as np
import pytest

from fastconv import functional, grad, reference

rng = np.random.default_rng(0)
X = rng.standard_normal((5, 4)).astype(np.float32)
P = rng.random((5, 4)).astype(np.float32)
CLASS_WEIGHT = np.array([0.5, 2, 1, 3], np.float32)
BINARY = [functional.binary_cross_entropy_with_logits, grad.binary_cross_entropy_with_logits_input]
PROBABLE = [functional.binary_cross_entropy, grad.binary_cross_entropy_input]
REDUCTIONS = ["none", "mean", "sum"]


def of_reference(function):
    return getattr(reference, function.__name__)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("function", BINARY)
def test_binary_cross_entropy_is_that_of_the_backend(function, reduction, disguised):
    weight, pos_weight = rng.random((5, 1)).astype(np.float32), rng.random(4).astype(np.float32)
    result = function(disguised(X), disguised(P), disguised(weight), reduction, disguised(pos_weight))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, of_reference(function)(X, P, weight, reduction, pos_weight), rtol=1e-6)


@pytest.mark.parametrize("function", BINARY)
def test_the_backend_gets_weights_in_the_shape_of_the_input(function, monkeypatch):
    monkeypatch.setattr(reference, function.__name__, lambda *args: args)
    _, _, weight, _, pos_weight = function(X, P, weight=np.ones((), np.float32), pos_weight=CLASS_WEIGHT)
    assert weight.shape == X.shape
    np.testing.assert_array_equal(pos_weight, np.tile(CLASS_WEIGHT, (5, 1)))


@pytest.mark.parametrize("name", ["weight", "pos_weight"])
@pytest.mark.parametrize("function", BINARY)
def test_wrong_weights_of_binary_cross_entropy(function, name, assert_refused):
    called = f"{function.__name__}: {name}"
    for weight in (CLASS_WEIGHT[1:], np.ones((2, 5, 4), np.float32)):
        message = f"{called}: got shape {weight.shape}, needs one that broadcasts to input (5, 4)"
        assert_refused(ValueError, message, function, X, P, **{name: weight})
    message = f"{called}: got float64, needs float32 to match input"
    assert_refused(TypeError, message, function, X, P, **{name: np.ones(4)})


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("function", PROBABLE)
def test_of_probabilities_is_that_of_the_backend(function, reduction, disguised):
    weight, y = rng.random((5, 1)).astype(np.float32), P[::-1].copy()
    result = function(disguised(P), disguised(y), disguised(weight), reduction)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, of_reference(function)(P, y, weight, reduction), rtol=1e-6)


def test_of_probabilities_is_that_of_logits():
    x, y = rng.standard_normal((5, 4)), rng.random((5, 4))
    p = functional.sigmoid(x)
    expected = functional.binary_cross_entropy_with_logits(x, y)
    np.testing.assert_allclose(functional.binary_cross_entropy(p, y), expected, rtol=1e-13)
    gradient = grad.sigmoid_input(p, grad.binary_cross_entropy_input(p, y))
    expected = grad.binary_cross_entropy_with_logits_input(x, y)
    np.testing.assert_allclose(gradient, expected, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(
    ("name", "hint"), [("input", "; binary_cross_entropy_with_logits takes logits"), ("target", "")]
)
def test_what_is_no_probability_is_told(name, hint, assert_refused):
    wrong = P.copy()
    wrong[2, 1] = 1.5
    arguments = {"input": P, "target": P, name: wrong}
    needs = f"numbers from 0 to 1{hint}"
    message = f"binary_cross_entropy: {name}: got 1.5 at index (2, 1), needs {needs}"
    assert_refused(ValueError, message, functional.binary_cross_entropy, **arguments)
    message = f"binary_cross_entropy: {name}: got 1.5, needs {needs}"
    arguments = {key: value[2, 1, ...] for key, value in arguments.items()}
    assert_refused(ValueError, message, functional.binary_cross_entropy, **arguments)


@pytest.mark.parametrize("function", PROBABLE)
def test_wrong_weights_of_probabilities(function, assert_refused):
    message = f"{function.__name__}: weight: got shape (3,), needs one that broadcasts to input (5, 4)"
    assert_refused(ValueError, message, function, P, P, CLASS_WEIGHT[1:])
