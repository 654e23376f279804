"""Activations: within a few roundings of the reference, in any layout."""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.kernels.engine import jit
from fastconv.kernels.memory import buffers

BY_OUTPUT = "relu", "sigmoid", "tanh"
"""Activations whose gradient takes the output."""


def image(dtype):
    return np.random.default_rng(0).standard_normal((2, 5, 6, 7)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (5, 17), (3, 4, 5, 6), (2, 5000), ()], ids=str)
@pytest.mark.parametrize("name", ["relu", "tanh", "silu"])
def test_any_shape(name, shape, dtype):
    rng = np.random.default_rng(0)
    x, dy = (np.asarray(rng.standard_normal(shape).astype(dtype)) for _ in range(2))
    exact = getattr(reference, name)(x)
    y = getattr(kernels, name)(x)
    assert y.dtype == dtype and y.shape == shape
    np.testing.assert_allclose(y, exact, rtol=6 * np.finfo(dtype).eps)
    given = y if name in BY_OUTPUT else x
    exact = getattr(reference, f"{name}_input")(given, dy)
    dx = getattr(kernels, f"{name}_input")(given, dy)
    assert dx.dtype == dtype and dx.shape == shape
    assert np.all(np.abs(dx - exact) <= 6 * np.finfo(dtype).eps * np.abs(dy))


@pytest.mark.parametrize("name", ["relu", "sigmoid", "hardswish"])
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


def test_large_results_are_streamed_and_have_the_same_bits_in_any_number_of_threads(monkeypatch):
    x = np.random.default_rng(0).standard_normal(300_001).astype(np.float32)
    threads, results = jit.get_num_threads(), []
    try:
        for number in {1, threads}:
            for cached in (0, 1 << 40):
                monkeypatch.setattr(buffers, "cached_bytes", lambda cached=cached: cached)
                jit.set_num_threads(number)
                results.append((kernels.gelu(x), kernels.gelu_input(x, x)))
    finally:
        jit.set_num_threads(threads)
    for result in results:
        for one, other in zip(result, results[0], strict=True):
            assert one.tobytes() == other.tobytes()
