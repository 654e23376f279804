import numpy as np
import pytest

from fastconv import backend, reference
from fastconv.functional import avg_pool1d, avg_pool2d
from fastconv.grad import avg_pool1d_input, avg_pool2d_input

rng = np.random.default_rng(0)
X = rng.standard_normal((2, 3, 7, 6)).astype(np.float32)
STEPS = {"kernel_size": (3, 2), "stride": 2, "padding": ((1, 0), (0, 1)), "ceil_mode": True}
MEANS = reference.avg_pool2d(X, **STEPS)
G = rng.standard_normal(MEANS.shape).astype(np.float32)


def test_averages_are_those_of_the_backend():
    np.testing.assert_array_equal(avg_pool2d(X, **STEPS), MEANS)
    np.testing.assert_array_equal(
        avg_pool2d_input(G, X.shape, **STEPS), reference.avg_pool2d_input(G, X.shape, **STEPS)
    )


def test_the_backend_gets_all_of_an_average(monkeypatch):
    calls = []
    monkeypatch.setattr(reference, "avg_pool2d", lambda *args: calls.append(args[1:]))
    x = np.zeros((1, 1, 8, 9))
    avg_pool2d(x, 2)
    avg_pool2d(x, [3, 2], 1, (1, 0), np.True_, False, np.int8(-3))
    assert calls == [
        ((2, 2), (2, 2), ((0, 0), (0, 0)), False, True, None),
        ((3, 2), (1, 1), ((1, 1), (0, 0)), True, False, -3),
    ]


def test_averages_of_any_memory_layout(disguised):
    assert avg_pool2d(disguised(X), **STEPS).dtype == np.float32
    np.testing.assert_array_equal(avg_pool2d(disguised(X), **STEPS), MEANS)
    np.testing.assert_array_equal(
        avg_pool2d_input(disguised(G), X.shape, **STEPS), avg_pool2d_input(G, X.shape, **STEPS)
    )


def test_averages_of_one_image_without_a_batch():
    np.testing.assert_array_equal(avg_pool2d(X[1], **STEPS), MEANS[1])
    np.testing.assert_array_equal(
        avg_pool2d_input(G[1], X[1].shape, **STEPS), avg_pool2d_input(G, X.shape, **STEPS)[1]
    )


def test_averages_of_an_empty_batch():
    z = avg_pool2d(X[:0], **STEPS)
    assert z.shape == (0, *MEANS.shape[1:])
    assert avg_pool2d_input(z, (0, 3, 7, 6), **STEPS).shape == (0, 3, 7, 6)


IMAGE = "(N, C, H, W) or (C, H, W) with at least one channel and pixel"
WINDOW = [
    ({"kernel_size": 0}, ValueError, "kernel_size: got 0, needs an integer from 1 to 2147483647"),
    ({"stride": (0, 1)}, ValueError, "stride: got 0, needs an integer from 1 to 2147483647"),
    ({"padding": "same"}, ValueError, "padding: got 'same', needs 'same_upper' or numbers"),
    ({"padding": 2}, ValueError, "padding: got (2, 2), needs at most 1, less than kernel height 2"),
    ({"ceil_mode": 1}, TypeError, "ceil_mode: got 1, needs True or False"),
    ({"count_include_pad": None}, TypeError, "count_include_pad: got None, needs True or False"),
    ({"divisor_override": 0}, ValueError, "divisor_override: got 0, needs None or an integer other than 0"),
    ({"divisor_override": 2.0}, TypeError, "divisor_override: got 2.0, needs an integer"),
]
TOO_LARGE = (
    "width 6 with padding (0, 0), needs width and padding of at least 7 in all for a kernel of width 7"
)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input": X[0, 0]}, ValueError, f"input: got shape (7, 6), needs {IMAGE}"),
        ({"input": X[..., :0]}, ValueError, f"input: got shape (2, 3, 7, 0), needs {IMAGE}"),
        ({"input": X.astype(int)}, TypeError, "input: got int64, needs float32 or float64"),
        ({"kernel_size": 7}, ValueError, f"input: got {TOO_LARGE}"),
        *WINDOW,
    ],
)
def test_wrong_arguments_of_an_average(arguments, error, message, assert_refused):
    right = {"input": X, "kernel_size": 2}
    avg_pool2d(**right)
    assert_refused(error, f"avg_pool2d: {message}", avg_pool2d, **{**right, **arguments})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"grad_output": G.astype(int)}, TypeError, "grad_output: got int64, needs float32 or float64"),
        ({"input_size": (7, 6)}, ValueError, f"input_size: got (7, 6), needs {IMAGE}"),
        ({"input_size": (2, 3, 7, 6.0)}, TypeError, "input_size: got 6.0, needs an integer"),
        ({"kernel_size": 7}, ValueError, f"input_size: got {TOO_LARGE}"),
        (
            {"input_size": (2, 3, 8, 6)},
            ValueError,
            "grad_output: got shape (2, 3, 3, 3), needs (2, 3, 4, 3) to match input_size and the windows",
        ),
        (
            {"input_size": (3, 7, 6)},
            ValueError,
            "grad_output: got shape (2, 3, 3, 3), needs (3, 3, 3) to match input_size and the windows",
        ),
        *WINDOW,
    ],
)
def test_wrong_arguments_of_an_average_gradient(arguments, error, message, assert_refused):
    right = {"grad_output": G[:, :, :3], "input_size": X.shape, "kernel_size": 2}
    avg_pool2d_input(**right)
    assert_refused(error, f"avg_pool2d_input: {message}", avg_pool2d_input, **{**right, **arguments})


S = X[:, :, 0]
"""Signals."""


@pytest.mark.parametrize("kind", ["numba", "reference"])
@pytest.mark.parametrize("counted", [True, False])
def test_signals_are_images_of_height_1(kind, counted):
    with backend(kind):
        z = avg_pool1d(S, 3, 2, 1, True, counted)
        window = (1, 3), (1, 2), (0, 1), True, counted
        np.testing.assert_array_equal(z, avg_pool2d(S[:, :, None], *window)[:, :, 0])
        np.testing.assert_array_equal(avg_pool1d(S[0], (3,), [2], ((1, 1),), True, counted), z[0])
        dx = avg_pool2d_input(z[:, :, None], (2, 3, 1, 6), *window)[:, :, 0]
        np.testing.assert_array_equal(avg_pool1d_input(z, S.shape, 3, 2, 1, True, counted), dx)
        np.testing.assert_array_equal(avg_pool1d_input(z[1], (3, 6), 3, 2, 1, True, counted), dx[1])


def test_wrong_arguments_of_signals(assert_refused):
    message = "avg_pool1d: kernel_size: got (2, 2), needs one integer"
    assert_refused(ValueError, message, avg_pool1d, S, (2, 2))
    needs = "needs (2, 3, 3) to match input_size and the windows"
    message = f"avg_pool1d_input: grad_output: got shape (2, 3, 2), {needs}"
    assert_refused(ValueError, message, avg_pool1d_input, S[..., :2], S.shape, 2)
