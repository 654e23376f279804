"""Winograd's algorithm: its transforms are identities, its error has a bound, its choice is by shape."""

import numpy as np
import pytest

from fastconv import kernels, reference
from fastconv.kernels.conv import forward, input_gradient, weight_gradient, winograd
from fastconv.kernels.conv.winograd import choice
from fastconv.kernels.engine import jit
from fastconv.verification import neighbours

# images, channels, height, width, filters, padding
LAYERS = [
    (2, 32, 12, 12, 32, 1),
    (3, 16, 13, 7, 48, 0),
    (17, 48, 5, 4, 16, ((2, 0), (0, 1))),
    (1, 64, 30, 31, 80, 2),
]
TAPS = [(5, 5), (2, 2), (1, 4), (7, 6), (3, 8)]
PASSES = ("conv2d", "conv2d_input", "conv2d_weight")


def clear_plans():
    for cached in (forward._forward, input_gradient.input_gradient, weight_gradient._weight_gradient):
        cached.cache_clear()


def everywhere_by(way, monkeypatch):
    """The algorithm for all that these tests compute, in one of its ways."""
    monkeypatch.setattr(choice, "_faster", lambda p, _: p.winograd)
    monkeypatch.setattr(choice, "_fused_is_faster", lambda *_: way == "fused")
    clear_plans()
    yield
    clear_plans()


@pytest.fixture(params=["in memory", "fused"])
def everywhere(request, monkeypatch):
    """The algorithm wherever it can compute, not only where it is faster; in either of its ways."""
    yield from everywhere_by(request.param, monkeypatch)


@pytest.fixture
def in_memory(monkeypatch):
    """The algorithm for any number of taps, wherever it can compute."""
    yield from everywhere_by("in memory", monkeypatch)


def arguments(layer, dtype, taps=(3, 3)):
    n, c, h, w, k, padding = layer
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((n, c, h, w)), rng.standard_normal((k, c, *taps))
    y = reference.conv2d(x, weight, None, 1, padding)
    bias, dy = rng.standard_normal(k), rng.standard_normal(y.shape)
    x, weight, bias, dy = (a.astype(dtype) for a in (x, weight, bias, dy))
    return {
        "conv2d": ((x, weight, bias, 1, padding), c * taps[0] * taps[1] + 1),
        "conv2d_input": ((x.shape, weight, dy, 1, padding), k * taps[0] * taps[1]),
        "conv2d_weight": ((x, weight.shape, dy, 1, padding), n * dy[0, 0].size),
    }


def change(values, by):
    return [by(v) if isinstance(v, np.ndarray) else v for v in values]


def assert_bounded(name, given, terms, dtype):
    fast = getattr(kernels, name)(*given)
    exact = getattr(reference, name)(*change(given, np.float64))
    scale = getattr(reference, name)(*change(change(given, np.float64), np.abs))
    assert fast.dtype == dtype and fast.shape == exact.shape
    bound = max(terms, 36) * np.finfo(dtype).eps * neighbours(scale)
    assert np.all(np.abs(fast - exact) <= bound)


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize(
    ("layer", "dtype"),
    [*((layer, "float32") for layer in LAYERS), *((layer, "float64") for layer in LAYERS[::2])],
    ids=str,
)
def test_the_error_is_bounded(everywhere, layer, name, dtype):
    assert_bounded(name, *arguments(layer, dtype)[name], dtype)


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("taps", TAPS, ids=str)
@pytest.mark.parametrize("padding", [0, ((1, 2), (3, 0))], ids=str)
def test_other_filters_are_sums_of_squares(in_memory, name, taps, padding):
    given, terms = arguments((2, 32, 13, 12, 48, padding), np.float32, taps)[name]
    assert_bounded(name, given, terms, np.float32)


@pytest.mark.parametrize("name", PASSES)
def test_the_error_is_near_that_of_the_direct_algorithm(everywhere, name):
    """Measured and published: about twice the rounding of the direct sum, in the root mean square."""
    given, _ = arguments(LAYERS[-1], np.float32)[name]
    exact = getattr(reference, name)(*change(given, np.float64))
    error = {}
    for on in (True, False):
        winograd.enable(on)
        try:
            error[on] = np.linalg.norm(getattr(kernels, name)(*given) - exact)
        finally:
            winograd.enable(True)
    assert 1.2 * error[False] < error[True] < 4 * error[False]


@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("layer", LAYERS[::2], ids=str)
def test_threads_change_no_bit(everywhere, layer, name):
    given, _ = arguments(layer, np.float32)[name]
    before, results = jit.get_num_threads(), []
    try:
        for threads in range(1, min(3, before) + 1):
            jit.set_num_threads(threads)
            results.append(getattr(kernels, name)(*given))
    finally:
        jit.set_num_threads(before)
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


def test_the_weight_gradient_of_no_images_is_zero():
    x, dy = np.zeros((0, 64, 8, 8), np.float32), np.zeros((0, 64, 8, 8), np.float32)
    assert not weight_gradient.conv2d_weight(x, (64, 64, 3, 3), dy, padding=1).any()
