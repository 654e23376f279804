import numpy as np
import pytest

from fastconv import functional, grad, reference

rng = np.random.default_rng(0)
X = rng.standard_normal((5, 4)).astype(np.float32)
LABELS = np.array([3, 0, 1, -100, 2])
P = rng.random((5, 4)).astype(np.float32)
BINARY = [functional.binary_cross_entropy_with_logits, grad.binary_cross_entropy_with_logits_input]
NAMES = "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"
DISTANCES = [getattr(functional, name) for name in NAMES] + [getattr(grad, f"{name}_input") for name in NAMES]
REDUCTIONS = ["none", "mean", "sum"]


def of_reference(function):
    return getattr(reference, function.__name__)


@pytest.mark.parametrize("function", DISTANCES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_distance_is_that_of_the_backend(function, reduction, disguised):
    result = function(disguised(X), disguised(P), reduction)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, of_reference(function)(X, P, reduction), rtol=1e-6)


@pytest.mark.parametrize("function", BINARY + DISTANCES)
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 3, 4)], ids=str)
def test_elementwise_losses_take_any_shape(function, shape):
    x = np.ones(shape)
    assert function(x, x, reduction="none").shape == shape


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input": None}, TypeError, "input: got NoneType, needs a numpy.ndarray"),
        ({"target": None}, TypeError, "target: got NoneType, needs a numpy.ndarray"),
        ({"target": LABELS}, TypeError, "target: got int64, needs float32 to match input"),
        ({"target": P[:, :1]}, ValueError, "target: got shape (5, 1), needs (5, 4) to match input"),
        (
            {"target": P > 0.5},
            TypeError,
            "target: got bool, needs float32 to match input; target.astype(np.float32) would fit",
        ),
        (
            {"target": P[..., None]},
            ValueError,
            "target: got shape (5, 4, 1), needs (5, 4) to match input; target[..., 0] would fit",
        ),
        (
            {"input": X[:, :1], "target": LABELS},
            TypeError,
            "target: got int64, needs float32 to match input; target[..., None].astype(np.float32) would fit",
        ),
        ({"target": P.astype(str)}, TypeError, "target: got <U32, needs float32 to match input"),
        ({"reduction": None}, ValueError, "reduction: got None, needs 'none', 'mean' or 'sum'"),
    ],
)
@pytest.mark.parametrize("function", BINARY + DISTANCES)
def test_wrong_arguments_of_elementwise_losses(function, arguments, error, message, assert_refused):
    arguments = {"input": X, "target": P, **arguments}
    assert_refused(error, f"{function.__name__}: {message}", function, **arguments)


@pytest.mark.parametrize("of", ["", "_input"])
def test_options_reach_the_backend(of):
    smooth, huber = f"smooth_l1_loss{of}", f"huber_loss{of}"
    module = grad if of else functional
    for beta in (0, 0.3, 5):
        expected = getattr(reference, smooth)(X, P, "sum", beta)
        np.testing.assert_array_equal(getattr(module, smooth)(X, P, "sum", beta), expected)
    expected = getattr(reference, huber)(X, P, "sum", 0.3)
    np.testing.assert_array_equal(getattr(module, huber)(X, P, "sum", delta=0.3), expected)


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("smooth_l1_loss", {"beta": -1}, ValueError, "beta: got -1, needs a number from 0 to 1.79769e+308"),
        ("smooth_l1_loss", {"beta": None}, TypeError, "beta: got None, needs a number"),
        (
            "huber_loss",
            {"delta": 0},
            ValueError,
            "delta: got 0.0, needs a number above 0",
        ),
    ],
)
def test_wrong_options(name, options, error, message, assert_refused):
    assert_refused(error, f"{name}: {message}", getattr(functional, name), X, P, **options)
    assert_refused(error, f"{name}_input: {message}", getattr(grad, f"{name}_input"), X, P, **options)
