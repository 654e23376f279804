import numpy as np
import pytest

from fastconv import backend, reference
from fastconv.functional import adaptive_avg_pool1d, adaptive_avg_pool2d
from fastconv.grad import adaptive_avg_pool1d_input, adaptive_avg_pool2d_input, max_pool2d_input

rng = np.random.default_rng(0)
X = rng.standard_normal((2, 3, 7, 6)).astype(np.float32)
ADAPTED = reference.adaptive_avg_pool2d(X, (2, 4))
H = rng.standard_normal(ADAPTED.shape).astype(np.float32)


def test_averages_are_those_of_the_backend():
    np.testing.assert_array_equal(adaptive_avg_pool2d(X, [2, 4]), ADAPTED)
    np.testing.assert_array_equal(
        adaptive_avg_pool2d_input(H, [*X.shape]), reference.adaptive_avg_pool2d_input(H, X.shape)
    )


def test_the_backend_gets_the_number_of_outputs(monkeypatch):
    calls = []
    monkeypatch.setattr(reference, "adaptive_avg_pool2d", lambda *args: calls.append(args[1:]))
    x = np.zeros((1, 1, 8, 9))
    adaptive_avg_pool2d(x, 3)
    adaptive_avg_pool2d(x, [None, np.int8(2)])
    adaptive_avg_pool2d(x, (4, None))
    assert calls == [((3, 3),), ((8, 2),), ((4, 9),)]


def test_averages_of_any_memory_layout(disguised):
    np.testing.assert_array_equal(adaptive_avg_pool2d(disguised(X), (2, 4)), ADAPTED)
    np.testing.assert_array_equal(
        adaptive_avg_pool2d_input(disguised(H), X.shape), adaptive_avg_pool2d_input(H, X.shape)
    )


@pytest.mark.parametrize("backend_name", ["reference", "numba"])
def test_no_outputs(backend_name):
    with backend(backend_name):
        for lead in ((2, 3), (3,), (0, 3)):
            shape = (*lead, 7, 6)
            for size, found in ((0, (0, 0)), ((0, None), (0, 6)), ([2, 0], (2, 0))):
                z = adaptive_avg_pool2d(np.ones(shape), size)
                assert z.shape == (*lead, *found)
                np.testing.assert_array_equal(adaptive_avg_pool2d_input(z, shape), np.zeros(shape))
                places = np.zeros(z.shape, np.int64)
                np.testing.assert_array_equal(max_pool2d_input(z, places, shape), np.zeros(shape))


def test_more_windows_than_memory_holds():
    with pytest.raises(ValueError, match=r"output_size: got \(2147483647, .*, needs at most 2\*\*40"):
        adaptive_avg_pool2d(X, 2**31 - 1)
    with pytest.raises(ValueError, match=r"input_size: got shape .*, needs at most 2\*\*40"):
        adaptive_avg_pool2d_input(X, (2, 3, 2**31 - 1, 2**31 - 1))


def test_averages_of_one_image_without_a_batch():
    np.testing.assert_array_equal(adaptive_avg_pool2d(X[1], (2, 4)), ADAPTED[1])
    np.testing.assert_array_equal(
        adaptive_avg_pool2d_input(H[1], X[1].shape), adaptive_avg_pool2d_input(H, X.shape)[1]
    )


def test_averages_of_an_empty_batch():
    z = adaptive_avg_pool2d(X[:0], 2)
    assert z.shape == (0, 3, 2, 2)
    assert adaptive_avg_pool2d_input(z, (0, 3, 7, 6)).shape == (0, 3, 7, 6)


@pytest.mark.parametrize("kind", ["numba", "reference"])
def test_signals_are_images_of_height_1(kind):
    s = X[:, :, 0]
    with backend(kind):
        z = adaptive_avg_pool1d(s, 4)
        np.testing.assert_array_equal(z, adaptive_avg_pool2d(s[:, :, None], (1, 4))[:, :, 0])
        np.testing.assert_array_equal(adaptive_avg_pool1d(s[0], (4,)), z[0])
        np.testing.assert_array_equal(adaptive_avg_pool1d(s, (None,)), s)
        assert adaptive_avg_pool1d(s, 0).shape == (2, 3, 0)
        dx = adaptive_avg_pool2d_input(z[:, :, None], (2, 3, 1, 6))[:, :, 0]
        np.testing.assert_array_equal(adaptive_avg_pool1d_input(z, s.shape), dx)
        np.testing.assert_array_equal(adaptive_avg_pool1d_input(z[1], (3, 6)), dx[1])
        assert not adaptive_avg_pool1d_input(z[..., :0], s.shape).any()


def test_wrong_arguments_of_signals(assert_refused):
    message = "adaptive_avg_pool1d: output_size: got (2, 2), needs one integer"
    assert_refused(ValueError, message, adaptive_avg_pool1d, X[0], (2, 2))
    needs = "(N, C, L) or (C, L) with at least one channel and position"
    message = f"adaptive_avg_pool1d_input: input_size: got (2, 3, 7, 6), needs {needs}"
    assert_refused(ValueError, message, adaptive_avg_pool1d_input, X, X.shape)


IMAGE = "(N, C, H, W) or (C, H, W) with at least one channel and pixel"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input": X[0, 0]}, ValueError, f"input: got shape (7, 6), needs {IMAGE}"),
        ({"input": [1.0]}, TypeError, "input: got list, needs a numpy.ndarray"),
        (
            {"output_size": (None, -1)},
            ValueError,
            "output_size: got -1, needs an integer from 0 to 2147483647",
        ),
        ({"output_size": None}, TypeError, "output_size: got None, needs an integer"),
        ({"output_size": (2.0, 1)}, TypeError, "output_size: got 2.0, needs an integer"),
        (
            {"output_size": (1, 2, 3)},
            ValueError,
            "output_size: got (1, 2, 3), needs one integer or a pair (height, width)",
        ),
    ],
)
def test_wrong_arguments_of_an_adaptive_average(arguments, error, message, assert_refused):
    right = {"input": X, "output_size": 2}
    adaptive_avg_pool2d(**right)
    assert_refused(error, f"adaptive_avg_pool2d: {message}", adaptive_avg_pool2d, **{**right, **arguments})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"grad_output": None}, TypeError, "grad_output: got NoneType, needs a numpy.ndarray"),
        ({"input_size": (2, 3, 7, 0)}, ValueError, f"input_size: got (2, 3, 7, 0), needs {IMAGE}"),
        ({"input_size": 7}, TypeError, "input_size: got 7, needs a tuple of integers"),
        (
            {"input_size": (2, 4, 7, 6)},
            ValueError,
            "grad_output: got shape (2, 3, 2, 4), needs (2, 4, P, Q) to match input_size (2, 4, 7, 6)",
        ),
        (
            {"grad_output": H[0]},
            ValueError,
            "grad_output: got shape (3, 2, 4), needs (2, 3, P, Q) to match input_size (2, 3, 7, 6)",
        ),
    ],
)
def test_wrong_arguments_of_an_adaptive_average_gradient(arguments, error, message, assert_refused):
    right = {"grad_output": H, "input_size": X.shape}
    function = adaptive_avg_pool2d_input
    function(**right)
    assert_refused(error, f"adaptive_avg_pool2d_input: {message}", function, **{**right, **arguments})
