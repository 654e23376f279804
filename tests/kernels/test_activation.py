"""Activations: within a few roundings of the reference, in any layout, at the extremes of the type."""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.verification import Case, check

SHAPES = [(0, 3), (1, 1), (5, 17), (3, 4, 5, 6), (2, 5000), ()]


def image(dtype):
    return np.random.default_rng(0).standard_normal((2, 5, 6, 7)).astype(dtype)


def same_values(fast, exact, roundings):
    assert fast.dtype == exact.dtype and fast.shape == exact.shape
    eps = np.finfo(fast.dtype).eps
    np.testing.assert_allclose(fast, exact, rtol=roundings * eps, atol=roundings * np.finfo(fast.dtype).tiny)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ["relu", "sigmoid"])
def test_elementwise(name, shape, dtype):
    rng = np.random.default_rng(0)
    x, dy = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    x, dy = np.asarray(x), np.asarray(dy)
    y = getattr(reference, name)(x)
    same_values(getattr(kernels, name)(x), np.asarray(y), 4)
    exact = np.asarray(getattr(reference, f"{name}_input")(np.asarray(y), dy))
    fast = getattr(kernels, f"{name}_input")(np.asarray(y), dy)
    scale = np.finfo(dtype).eps * 4 * np.abs(dy)
    assert np.all(np.abs(fast - exact) <= scale)


@pytest.mark.parametrize("name", ["relu", "sigmoid"])
def test_any_layout(name):
    """The result of a channels-last image is channels-last; mixed layouts and gaps give the same values."""
    x = image(np.float32)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    kernel, gradient = getattr(kernels, name), getattr(kernels, f"{name}_input")
    y = kernel(x)
    assert kernel(last).strides == last.strides
    np.testing.assert_array_equal(kernel(last), y)
    np.testing.assert_array_equal(kernel(x[:, ::2]), y[:, ::2])
    np.testing.assert_array_equal(kernel(x[..., ::-1]), y[..., ::-1])
    dx = gradient(y, x)
    np.testing.assert_array_equal(gradient(y, last), dx)
    np.testing.assert_array_equal(gradient(kernel(last), x), dx)
    np.testing.assert_array_equal(gradient(y[:, ::2], last[:, ::2]), dx[:, ::2])


def test_extremes():
    x = np.array([-np.inf, -1e4, -100, -0.0, 0, 100, 1e4, np.inf, np.nan], np.float32)
    np.testing.assert_array_equal(kernels.relu(x), reference.relu(x))
    same_values(kernels.sigmoid(x), reference.sigmoid(x), 4)
    logits = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [np.nan, 0, 1]], np.float32)
    for name in ("softmax", "log_softmax"):
        same_values(getattr(kernels, name)(logits, 1), getattr(reference, name)(logits, 1), 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("dim", [0, 1, 2, 3, -1])
def test_along_any_dimension(name, dim, dtype):
    x, dy = image(dtype), image(dtype)[::-1]
    terms = x.shape[dim] + 8
    y = getattr(reference, name)(x, dim)

    def value_scale(exact, input, dim):
        return np.abs(exact) + (np.ptp(input, axis=dim, keepdims=True) if name == "log_softmax" else 0)

    def gradient_scale(exact, output, grad_output, dim):
        return np.broadcast_to(np.abs(grad_output).sum(axis=dim, keepdims=True), exact.shape)

    for case in (
        Case(name, {"input": x, "dim": dim}, terms, value_scale),
        Case(f"{name}_input", {"output": y, "grad_output": dy, "dim": dim}, terms, gradient_scale),
    ):
        row = check(case)
        assert row.passed, row
