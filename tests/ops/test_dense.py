import numpy as np
import pytest

from fastconv import reference
from fastconv.functional import linear
from fastconv.grad import linear_bias, linear_input, linear_weight

rng = np.random.default_rng(0)
X = rng.standard_normal((4, 3)).astype(np.float32)
W = rng.standard_normal((5, 3)).astype(np.float32)
b = rng.standard_normal(5).astype(np.float32)
G = rng.standard_normal((4, 5)).astype(np.float32)


def test_operations_are_those_of_the_backend():
    np.testing.assert_array_equal(linear(X, W, b), reference.linear(X, W, b))
    np.testing.assert_array_equal(linear_input(W, G), reference.linear_input(W, G))
    np.testing.assert_array_equal(linear_weight(X, G), reference.linear_weight(X, G))
    np.testing.assert_array_equal(linear_bias(G), reference.linear_bias(G))


def test_any_memory_layout(disguised):
    x, w, bias, g = disguised(X), disguised(W), disguised(b), disguised(G)
    np.testing.assert_allclose(linear(x, w, bias), linear(X, W, b), rtol=1e-6)
    np.testing.assert_allclose(linear_input(w, g), linear_input(W, G), rtol=1e-6)
    np.testing.assert_allclose(linear_weight(x, g), linear_weight(X, G), rtol=1e-6)
    np.testing.assert_allclose(linear_bias(g), linear_bias(G), rtol=1e-6)


@pytest.mark.parametrize("lead", [(), (0,), (2, 0), (2, 3, 2)], ids=str)
def test_any_leading_axes(lead):
    x, g = rng.standard_normal((*lead, 3)), rng.standard_normal((*lead, 5))
    w = W.astype(np.float64)
    assert linear(x, w).shape == g.shape
    assert linear_input(w, g).shape == x.shape
    assert linear_weight(x, g).shape == w.shape
    assert linear_bias(g).shape == b.shape


WEIGHT = "(out, in), neither of them 0"
FEATURES = "(..., features) with at least one feature"


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (linear, (X[:, :2], W), ValueError, "input: got shape (4, 2), needs (..., 3) to match weight (5, 3)"),
        (linear, (X[0, 0, ...], W), ValueError, "input: got shape (), needs (..., 3) to match weight (5, 3)"),
        (linear, (X, W[0]), ValueError, f"weight: got shape (3,), needs {WEIGHT}"),
        (linear, (X, W[:0]), ValueError, f"weight: got shape (0, 3), needs {WEIGHT}"),
        (linear, (X, W, b[1:]), ValueError, "bias: got shape (4,), needs (5,) to match weight"),
        (linear, (X, W, b[:, None]), ValueError, "bias: got shape (5, 1), needs (5,) to match weight"),
        (linear, (X, W, 1.0), TypeError, "bias: got float, needs a numpy.ndarray"),
        (linear, (X.astype(int), W), TypeError, "input: got int64, needs float32 or float64"),
        (linear, (X, W.astype(float)), TypeError, "weight: got float64, needs float32 to match input"),
        (
            linear_input,
            (W, G[:, 1:]),
            ValueError,
            "grad_output: got shape (4, 4), needs (..., 5) to match weight (5, 3)",
        ),
        (linear_input, (W[None], G), ValueError, f"weight: got shape (1, 5, 3), needs {WEIGHT}"),
        (
            linear_input,
            (W, G.astype(float)),
            TypeError,
            "grad_output: got float64, needs float32 to match weight",
        ),
        (
            linear_weight,
            (X, G[1:]),
            ValueError,
            "grad_output: got shape (3, 5), needs (4, out) to match input (4, 3)",
        ),
        (
            linear_weight,
            (X[0], G),
            ValueError,
            "grad_output: got shape (4, 5), needs (out) to match input (3,)",
        ),
        (linear_weight, (X[:, :0], G), ValueError, f"input: got shape (4, 0), needs {FEATURES}"),
        (linear_weight, (X, G[:, :0]), ValueError, f"grad_output: got shape (4, 0), needs {FEATURES}"),
        (linear_weight, (X, None), TypeError, "grad_output: got NoneType, needs a numpy.ndarray"),
        (linear_bias, (G[0, 0, ...],), ValueError, f"grad_output: got shape (), needs {FEATURES}"),
        (
            linear_bias,
            (G.astype(np.float16),),
            TypeError,
            "grad_output: got float16, needs float32 or float64",
        ),
    ],
)
def test_wrong_arguments(function, arguments, error, message, assert_refused):
    assert_refused(error, f"{function.__name__}: {message}", function, *arguments)
