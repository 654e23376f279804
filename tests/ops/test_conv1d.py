"""Convolution of signals: that of images of height 1, with errors about signals."""

import numpy as np
import pytest

from fastconv import backend
from fastconv.functional import conv1d, conv2d
from fastconv.grad import conv1d_bias, conv1d_input, conv1d_weight, conv2d_input, conv2d_weight

rng = np.random.default_rng(0)
X = rng.standard_normal((2, 4, 9)).astype(np.float32)
W = rng.standard_normal((6, 2, 3)).astype(np.float32)
b = rng.standard_normal(6).astype(np.float32)
STEPS = {"stride": 2, "padding": ((1, 2),), "dilation": (2,), "groups": 2}
PLANE = {"stride": (1, 2), "padding": ((0, 0), (1, 2)), "dilation": (1, 2), "groups": 2}


@pytest.mark.parametrize("kind", ["numba", "reference"])
def test_signals_are_images_of_height_1(kind):
    x, w = X[:, :, None], W[:, :, None]
    with backend(kind):
        z = conv1d(X, W, b, **STEPS)
        assert z.shape == (2, 6, 4)
        np.testing.assert_array_equal(z, conv2d(x, w, b, **PLANE)[:, :, 0])
        np.testing.assert_array_equal(conv1d(X[0], W, b, **STEPS), z[0])
        np.testing.assert_array_equal(conv1d(X, W, b, **STEPS, relu=True), np.maximum(z, 0))
        dx = conv2d_input(x.shape, w, z[:, :, None], **PLANE)[:, :, 0]
        np.testing.assert_array_equal(conv1d_input(X.shape, W, z, **STEPS), dx)
        np.testing.assert_array_equal(conv1d_input((4, 9), W, z[1], **STEPS), dx[1])
        dw = conv2d_weight(x, w.shape, z[:, :, None], **PLANE)[:, :, 0]
        np.testing.assert_array_equal(conv1d_weight(X, W.shape, z, **STEPS), dw)
        np.testing.assert_allclose(conv1d_bias(z), z.sum(axis=(0, 2)), rtol=1e-5)
        np.testing.assert_array_equal(conv1d_bias(z[0]), conv1d_bias(z[:1]))


def test_any_memory_layout(disguised):
    z = conv1d(X, W, b, **STEPS)
    np.testing.assert_array_equal(conv1d(disguised(X), disguised(W), disguised(b), **STEPS), z)
    np.testing.assert_array_equal(
        conv1d_input(X.shape, disguised(W), disguised(z), **STEPS), conv1d_input(X.shape, W, z, **STEPS)
    )


@pytest.mark.parametrize("name", ["same", "same_upper", "valid"])
def test_named_padding(name):
    z = conv1d(X, W, padding=name, groups=2)
    assert z.shape[2] == (7 if name == "valid" else 9)


NONE_0 = "needs (out, in/groups, kL), none of them 0"
SIGNAL = "(N, C, L) or (C, L) with at least one channel and position"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input": X[..., None]}, f"input: got shape (2, 4, 9, 1), needs {SIGNAL}"),
        (
            {"weight": W[..., None]},
            f"weight: got shape (6, 2, 3, 1), {NONE_0}",
        ),
        (
            {"groups": 1},
            "weight: got shape (6, 2, 3), needs (out, 4, kL) to match input (2, 4, 9) with groups=1",
        ),
        ({"stride": (1, 2)}, "stride: got (1, 2), needs one integer"),
        ({"padding": (1, 2)}, "padding: got (1, 2), needs one integer or ((before, after),)"),
        (
            {"padding": "same", "stride": 2},
            "padding: got 'same' with stride (2,), needs stride 1, numbers, or 'same_upper'",
        ),
        (
            {"dilation": 5},
            "input: got length 9 with padding (0, 0), needs length and padding of at least 11 in all"
            " for a filter of length 3 with dilation 5",
        ),
    ],
)
def test_wrong_arguments(arguments, message, assert_refused):
    right = {"input": X, "weight": W, "groups": 2}
    assert_refused(ValueError, f"conv1d: {message}", conv1d, **{**right, **arguments})


def test_wrong_gradients(assert_refused):
    needs = "(N, K, P) or (K, P) with at least one channel and position"
    message = f"conv1d_bias: grad_output: got shape (2, 4, 9, 1), needs {needs}"
    assert_refused(ValueError, message, conv1d_bias, X[..., None])
