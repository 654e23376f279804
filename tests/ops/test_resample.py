import re

import numpy as np
import pytest

import fastconv
from fastconv import functional as F
from fastconv import grad

X = np.arange(48.0).reshape(1, 4, 3, 4)


@pytest.fixture(autouse=True)
def _reference():
    with fastconv.backend("reference"):
        yield


def test_what_they_compute():
    assert F.interpolate(X, scale_factor=1.5).shape == (1, 4, 4, 6)
    assert F.interpolate(X, 2).shape == (1, 4, 2, 2)
    assert F.interpolate(X[0], 8, mode="linear").shape == (4, 3, 8)
    assert grad.interpolate_input(X, (1, 4, 6, 8), scale_factor=0.5).sum() == X.sum()
    assert np.array_equal(F.pad(X, [1, 0]), np.pad(X, [(0, 0), (0, 0), (0, 0), (1, 0)]))
    assert np.array_equal(grad.pad_input(F.pad(X, (1, 2, 3, 4), value=9.0), X.shape, (1, 2, 3, 4)), X)
    assert F.pixel_shuffle(X, 2).shape == (1, 1, 6, 8)
    assert np.array_equal(grad.pixel_shuffle_input(F.pixel_shuffle(X[0], 2), 2), X[0])


def test_a_border_may_be_any_number_that_the_type_holds():
    x = np.ones((1, 2), np.float32)
    for value in (None, -0.0, np.nan, np.float32(np.nan), np.inf, np.finfo(np.float32).max):
        y = F.pad(x, (1, 0), value=value)
        assert np.array_equal(y, [[value or 0, 1, 1]], equal_nan=True)
    assert F.pad(x, (1, 0), "reflect", None).tolist() == [[1, 1, 1]]
    with pytest.raises(ValueError, match=r"^pad: value: got 1e\+300, needs a number that float32 holds"):
        F.pad(x, (1, 0), value=1e300)


@pytest.mark.parametrize("backend", ["numba", "reference"])
@pytest.mark.parametrize("shape", [(), (5,), (4, 3, 3), (2, 4, 3, 3), (1, 4, 1, 1)], ids=str)
def test_results_have_memory_of_their_own(shape, backend):
    x = np.ones(shape)
    with fastconv.backend(backend):
        results = [F.pad(x, ()), grad.pad_input(x, shape, ())]
        if shape:
            results += [F.pad(x, (0, 0)), grad.pad_input(x, shape, (0, 0))]
        if len(shape) > 2:
            results += [F.pixel_shuffle(x, 1), grad.pixel_shuffle_input(x, 1), F.pixel_shuffle(x, 2)]
            results += [F.interpolate(x, scale_factor=1), F.dropout2d(x, training=False)]
    assert not any(np.shares_memory(x, result) for result in results)


def test_any_axes_may_stand_before_those_of_images():
    x = np.random.default_rng(0).normal(size=(2, 0, 3, 12, 2, 5))
    for given in (x, x.reshape(0, 2, 3, 12, 2, 5), np.ones((2, 3, 12, 2, 5)), np.ones((12, 2, 5))):
        y = F.pixel_shuffle(given, 2)
        assert y.shape == (*given.shape[:-3], 3, 4, 10)
        assert np.array_equal(grad.pixel_shuffle_input(y, 2), given)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.interpolate(X), "interpolate: size: got None, needs either size or scale_factor"),
        (lambda: F.interpolate(X, 2, 2), "interpolate: size: got 2 and scale_factor 2, needs either"),
        (lambda: F.interpolate(X, (1, 2, 3)), "interpolate: size: got (1, 2, 3), needs one number or 2"),
        (lambda: F.interpolate(X, 0), "interpolate: size: got 0, needs"),
        (lambda: F.interpolate(X, scale_factor=0.1), "interpolate: scale_factor: got 0.1, needs one that"),
        (lambda: F.interpolate(X, 2, mode="cubic"), "interpolate: mode: got 'cubic', needs 'nearest'"),
        (
            lambda: F.interpolate(X, 2, mode="linear"),
            "interpolate: input: got shape (1, 4, 3, 4), needs (N, C,",
        ),
        (lambda: F.interpolate(X, 2, align_corners=True), "interpolate: align_corners: got True, needs None"),
        (lambda: grad.interpolate_input(X, X.shape, 2), "interpolate_input: grad_output: got shape"),
        (lambda: F.pad(X, (1,)), "pad: pad: got (1,), needs pairs (before, after)"),
        (
            lambda: F.pad(X, (1, 1) * 5),
            "pad: pad: got (1, 1, 1, 1, 1, 1, 1, 1, 1, 1), needs at most 8",
        ),
        (lambda: F.pad(X, (-3, -2)), "pad: pad: got (-3, -2), needs to crop at most the 4 elements"),
        (lambda: F.pad(X, (4, 0), "reflect"), "pad: pad: got (4, 0), needs at most 3 for 'reflect'"),
        (lambda: F.pad(X, (1, 1), "edge"), "pad: mode: got 'edge', needs 'constant', 'reflect'"),
        (lambda: F.pad(X, (1, 1), "reflect", 2.0), "pad: value: got 2.0, needs 0 with mode 'reflect'"),
        (lambda: grad.pad_input(X, X.shape, (1, 1)), "pad_input: grad_output: got shape (1, 4, 3, 4), needs"),
        (lambda: F.pixel_shuffle(X, 3), "pixel_shuffle: input: got shape (1, 4, 3, 4), needs (..., C, H, W)"),
        (lambda: grad.pixel_shuffle_input(X, 2), "pixel_shuffle_input: grad_output: got shape"),
    ],
)
def test_what_does_not_fit_is_told(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}"):
        call()
