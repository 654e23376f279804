import re

import numpy as np
import pytest

from fastconv import functional as F
from fastconv import grad, validate

A, B = np.arange(12.0).reshape(3, 4) - 5, np.array([1.0, 2, 4, -8])
G = np.random.default_rng(0).normal(size=A.shape)


def test_what_they_compute():
    assert np.array_equal(F.add(A, -2 * A), -A)
    assert np.array_equal(F.add(A, -2 * A, relu=True), np.maximum(-A, 0))
    assert np.array_equal(F.subtract(A, B), A - B)
    assert np.array_equal(F.multiply(B, A), A * B)
    assert np.array_equal(F.divide(A, B), A / B)
    assert np.array_equal(F.maximum(A, B), np.maximum(A, B))
    assert np.array_equal(F.minimum(np.float64(2), A), np.minimum(2, A))
    assert np.array_equal(F.power(A, 2), A**2)


@pytest.mark.parametrize("name", ["multiply", "divide", "maximum", "minimum"])
@pytest.mark.parametrize("turned", [False, True])
def test_gradients_are_those_of_differences(name, turned):
    arrays = [A + 0.3, B.copy()][:: -1 if turned else 1]
    for of, array in zip(("input", "other"), arrays, strict=True):
        gradient = getattr(grad, f"{name}_{of}")(*arrays, G)
        assert gradient.shape == array.shape
        for index in np.ndindex(array.shape):
            value, sums = array[index], []
            for step in (1e-6, -1e-6):
                array[index] = value + step
                sums.append(np.sum(getattr(F, name)(*arrays) * G))
            array[index] = value
            np.testing.assert_allclose(gradient[index], (sums[0] - sums[1]) / 2e-6, rtol=1e-6, atol=1e-8)


def test_the_gradient_of_a_power():
    np.testing.assert_allclose(grad.power_input(A, G, 3), G * 3 * A**2, rtol=1e-15)
    assert np.array_equal(grad.power_input(A, G, 0), np.zeros_like(A))


def test_any_memory_layout(disguised):
    assert np.array_equal(F.subtract(disguised(A), B), A - B)
    assert np.array_equal(grad.multiply_other(disguised(A), B, disguised(G)), (A * G).sum(axis=0))
    assert np.array_equal(F.power(disguised(A), 2), A**2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: F.add(A, A.T),
            "add: other: got shape (4, 3), needs a shape that broadcasts with the input's",
        ),
        (lambda: F.multiply(A, A.astype(np.float32)), "multiply: other: got float32, needs float64"),
        (lambda: F.add(A, A, 3), "add: relu: got 3, needs"),
        (lambda: F.divide(A, None), "divide: other: got NoneType, needs"),
        (lambda: grad.divide_input(A, B, G.T), "divide_input: grad_output: got shape (4, 3), needs (3, 4)"),
        (lambda: grad.maximum_other(A, A.T, G), "maximum_other: other: got shape (4, 3), needs a shape"),
        (lambda: F.power(A, np.inf), "power: exponent: got inf, needs a number"),
        (lambda: grad.power_input(A, G.T, 2), "power_input: grad_output: got shape (4, 3), needs (3, 4)"),
    ],
)
def test_what_does_not_fit_is_told(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}"):
        call()


def test_a_result_larger_than_any_memory_is_refused(monkeypatch):
    monkeypatch.setattr(validate, "MOST", 100)
    with pytest.raises(ValueError, match=r"^add: other: got shape \(1, 20\), needs at most .* elements"):
        F.add(np.ones((20, 1)), np.ones((1, 20)))
