"""Transposed convolution: a gradient of conv2d, whose own gradients are convolutions."""

import numpy as np
import pytest

from fastconv import backend, functional, grad, reference
from fastconv.functional import conv_transpose2d
from fastconv.grad import conv_transpose2d_bias, conv_transpose2d_input, conv_transpose2d_weight

rng = np.random.default_rng(0)
X = rng.standard_normal((2, 4, 5, 3)).astype(np.float32)
W = rng.standard_normal((4, 3, 3, 2)).astype(np.float32)
b = rng.standard_normal(6).astype(np.float32)
STEPS = {
    "stride": (2, 3),
    "padding": ((1, 0), (0, 1)),
    "output_padding": (1, 2),
    "groups": 2,
    "dilation": (1, 2),
}


def test_operations_are_those_of_the_backend():
    np.testing.assert_array_equal(
        conv_transpose2d(X, W, b, **STEPS), reference.conv_transpose2d(X, W, b, **STEPS)
    )


def test_it_is_the_input_gradient_of_a_convolution():
    window = {"stride": 2, "padding": 1, "groups": 2}
    z = conv_transpose2d(X, W, None, output_padding=(1, 0), **window)
    np.testing.assert_array_equal(z, grad.conv2d_input(z.shape, W, X, **window))
    np.testing.assert_array_equal(
        conv_transpose2d_input(X.shape, W, z, output_padding=(1, 0), **window),
        functional.conv2d(z, W, **window),
    )


@pytest.mark.parametrize("kind", ["numba", "reference"])
def test_one_image_without_a_batch(kind):
    with backend(kind):
        z = conv_transpose2d(X, W, b, **STEPS)
        np.testing.assert_array_equal(conv_transpose2d(X[1], W, b, **STEPS), z[1])
        dx = conv_transpose2d_input(X.shape, W, z, **STEPS)
        np.testing.assert_array_equal(conv_transpose2d_input(X[1].shape, W, z[1], **STEPS), dx[1])
        dw = conv_transpose2d_weight(X[:1], W.shape, z[:1], **STEPS)
        np.testing.assert_array_equal(conv_transpose2d_weight(X[0], W.shape, z[0], **STEPS), dw)
        np.testing.assert_array_equal(conv_transpose2d_bias(z[0]), conv_transpose2d_bias(z[:1]))


def test_any_memory_layout(disguised):
    z = conv_transpose2d(X, W, b, **STEPS)
    np.testing.assert_array_equal(conv_transpose2d(disguised(X), disguised(W), disguised(b), **STEPS), z)
    np.testing.assert_array_equal(
        conv_transpose2d_weight(disguised(X), W.shape, disguised(z), **STEPS),
        conv_transpose2d_weight(X, W.shape, z, **STEPS),
    )


def test_an_empty_batch():
    z = conv_transpose2d(X[:0], W, b, **STEPS)
    assert z.shape == (0, 6, 11, 10)
    assert conv_transpose2d_input((0, 4, 5, 3), W, z, **STEPS).shape == (0, 4, 5, 3)
    assert not conv_transpose2d_weight(X[:0], W.shape, z, **STEPS).any()


IMAGE = "(N, C, H, W) or (C, H, W) with at least one channel and pixel"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input": X[0, 0]}, ValueError, f"input: got shape (5, 3), needs {IMAGE}"),
        (
            {"weight": W[0]},
            ValueError,
            "weight: got shape (3, 3, 2), needs (in, out/groups, kH, kW), none of them 0",
        ),
        (
            {"weight": W[:3]},
            ValueError,
            "weight: got shape (3, 3, 3, 2), needs (4, out/groups, kH, kW) to match input (2, 4, 5, 3)",
        ),
        ({"bias": b[1:]}, ValueError, "bias: got shape (5,), needs (6,) to match weight and groups"),
        ({"groups": 3}, ValueError, "groups: got 3, needs a divisor of the 4 channels of input"),
        ({"padding": "same"}, TypeError, "padding: got 'same', needs an integer"),
        (
            {"output_padding": (0, 2)},
            ValueError,
            "output_padding: got 2, needs less than 1, the larger of stride and dilation",
        ),
        ({"output_padding": -1}, ValueError, "output_padding: got -1, needs an integer from 0 to 2147483647"),
        (
            {"padding": (0, 2)},
            ValueError,
            "padding: got (2, 2), needs less than 4 in all, to leave an output of width 1 or more",
        ),
    ],
)
def test_wrong_arguments(arguments, error, message, assert_refused):
    right = {"input": X, "weight": W, "bias": b, "groups": 2}
    conv_transpose2d(**right)
    assert_refused(error, f"conv_transpose2d: {message}", conv_transpose2d, **{**right, **arguments})


def test_wrong_shapes_of_the_gradients(assert_refused):
    z = conv_transpose2d(X, W)
    message = f"conv_transpose2d_input: input_size: got (5, 3), needs {IMAGE}"
    assert_refused(ValueError, message, conv_transpose2d_input, (5, 3), W, z)
    got, needs = "got shape (2, 3, 6, 4)", "needs (2, 3, 7, 4) to match input and weight_size"
    message = f"conv_transpose2d_weight: grad_output: {got}, {needs}"
    assert_refused(ValueError, message, conv_transpose2d_weight, X, W.shape, z[:, :, 1:])
    message = f"conv_transpose2d_bias: grad_output: got shape (7, 4), needs {IMAGE}"
    assert_refused(ValueError, message, conv_transpose2d_bias, z[0, 0])
