"""Softmax along any axis, wherever it lies in memory: within the roundings of a sum of the reference."""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.kernels.engine import jit
from fastconv.verification import Case, check

NAMES = "softmax", "log_softmax"


def cases(name, x, dy, dim):
    terms = x.shape[dim] + 8
    y = getattr(reference, name)(x, dim)

    def value_scale(exact, input, dim):
        return np.abs(exact) + (np.ptp(input, axis=dim, keepdims=True) if name == "log_softmax" else 0)

    def gradient_scale(exact, output, grad_output, dim):
        return np.broadcast_to(np.abs(grad_output).sum(axis=dim, keepdims=True), exact.shape)

    yield Case(name, {"input": x, "dim": dim}, terms, value_scale)
    yield Case(f"{name}_input", {"output": y, "grad_output": dy, "dim": dim}, terms, gradient_scale)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(2, 5, 6, 7), (3, 70, 90), (4, 19, 1, 3)], ids=str)
def test_along_any_axis(name, shape, dtype):
    x, dy = np.random.default_rng(0).standard_normal((2, *shape)).astype(dtype)
    for dim in range(-1, len(shape)):
        for case in cases(name, x, dy, dim):
            row = check(case)
            assert row.passed, row


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("order", [(0, 2, 3, 1), (3, 1, 0, 2), (2, 3, 1, 0)], ids=str)
def test_the_result_lies_in_memory_as_the_argument(name, order):
    """The axis is found where it lies: the channels of a channels-last image are its rows."""
    x = np.random.default_rng(0).standard_normal((2, 5, 6, 7)).astype(np.float32)
    back = np.argsort(order)
    moved = np.ascontiguousarray(x.transpose(order)).transpose(back)
    function, gradient = getattr(kernels, name), getattr(kernels, f"{name}_input")
    for dim in range(4):
        y = function(moved, dim)
        assert y.strides == moved.strides
        np.testing.assert_allclose(y, function(x, dim), rtol=1e-5, atol=1e-7)
        dx = gradient(y, x, dim)
        assert dx.strides == moved.strides
        np.testing.assert_allclose(dx, gradient(function(x, dim), x, dim), rtol=1e-4, atol=1e-6)
        gaps = moved[:, :, ::2]
        np.testing.assert_allclose(function(gaps, dim), function(gaps.copy(), dim), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dim", [0, 1])
def test_extremes(name, dim):
    x = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [np.nan, 0, 1], [np.inf, 0, -np.inf]], np.float32)
    x = x[:3] if dim == 0 else x
    x = x.T.copy() if dim == 0 else x
    with np.errstate(invalid="ignore"):
        exact = getattr(reference, name)(x, dim)
    np.testing.assert_allclose(getattr(kernels, name)(x, dim), exact, rtol=1e-6)


def test_the_same_bits_in_any_number_of_threads():
    x = np.random.default_rng(0).standard_normal((30, 50, 70)).astype(np.float32)
    threads, results = jit.get_num_threads(), set()
    try:
        for number in {1, threads}:
            jit.set_num_threads(number)
            results.add((kernels.softmax(x, 1).tobytes(), kernels.log_softmax_input(x, x, 1).tobytes()))
    finally:
        jit.set_num_threads(threads)
    assert len(results) == 1
