import numpy as np
import pytest

from fastconv import backend, reference
from fastconv.functional import adaptive_max_pool2d, max_pool1d, max_pool2d
from fastconv.grad import adaptive_max_pool2d_input, max_pool1d_input, max_pool2d_input

rng = np.random.default_rng(0)
X = rng.standard_normal((2, 3, 7, 6)).astype(np.float32)
STEPS = {"kernel_size": (3, 2), "stride": 2, "padding": ((1, 0), (0, 1)), "ceil_mode": True}
Z, PLACES = reference.max_pool2d(X, **STEPS, return_indices=True)
G = rng.standard_normal(Z.shape).astype(np.float32)


def test_operations_are_those_of_the_backend():
    np.testing.assert_array_equal(max_pool2d(X, **STEPS), Z)
    z, places = max_pool2d(X, **STEPS, return_indices=True)
    np.testing.assert_array_equal(z, Z)
    np.testing.assert_array_equal(places, PLACES)
    np.testing.assert_array_equal(
        max_pool2d_input(G, places, X.shape), reference.max_pool2d_input(G, PLACES, X.shape)
    )


def test_the_backend_gets_pairs_and_four_sides(monkeypatch):
    calls = []
    monkeypatch.setattr(reference, "max_pool2d", lambda *args: calls.append(args[1:]))
    x = np.zeros((1, 1, 8, 8))
    max_pool2d(x, 2)
    max_pool2d(x, [3, 2], 1, (1, 0), np.int8(2), np.True_, True)
    max_pool2d(x, [3], (), (1,), (2,))
    assert calls == [
        ((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1), False, False),
        ((3, 2), (1, 1), ((1, 1), (0, 0)), (2, 2), True, True),
        ((3, 3), (3, 3), ((1, 1), (1, 1)), (2, 2), False, False),
    ]


def test_any_memory_layout(disguised):
    z, places = max_pool2d(disguised(X), **STEPS, return_indices=True)
    assert z.dtype == np.float32
    np.testing.assert_array_equal(z, Z)
    np.testing.assert_array_equal(places, PLACES)
    np.testing.assert_array_equal(
        max_pool2d_input(disguised(G), disguised(PLACES), X.shape), max_pool2d_input(G, PLACES, X.shape)
    )


def test_one_image_without_a_batch():
    np.testing.assert_array_equal(max_pool2d(X[1], **STEPS), Z[1])
    z, places = max_pool2d(X[1], **STEPS, return_indices=True)
    np.testing.assert_array_equal(z, Z[1])
    np.testing.assert_array_equal(places, PLACES[1])
    np.testing.assert_array_equal(
        max_pool2d_input(G[1], places, X[1].shape), max_pool2d_input(G, PLACES, X.shape)[1]
    )


def test_an_empty_batch():
    z, places = max_pool2d(X[:0], **STEPS, return_indices=True)
    assert z.shape == places.shape == (0, *Z.shape[1:])
    assert max_pool2d_input(z, places, (0, 3, 7, 6)).shape == (0, 3, 7, 6)


def test_indices_of_any_integer_type():
    np.testing.assert_array_equal(
        max_pool2d_input(G, PLACES.astype(np.int32), X.shape), max_pool2d_input(G, PLACES, X.shape)
    )


IMAGE = "(N, C, H, W) or (C, H, W) with at least one channel and pixel"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input": X[0, 0]}, ValueError, f"input: got shape (7, 6), needs {IMAGE}"),
        ({"input": X[..., :0]}, ValueError, f"input: got shape (2, 3, 7, 0), needs {IMAGE}"),
        ({"input": X.astype(int)}, TypeError, "input: got int64, needs float32 or float64"),
        ({"input": None}, TypeError, "input: got NoneType, needs a numpy.ndarray"),
        ({"kernel_size": 0}, ValueError, "kernel_size: got 0, needs an integer from 1 to 2147483647"),
        ({"kernel_size": None}, TypeError, "kernel_size: got None, needs an integer"),
        ({"stride": (0, 1)}, ValueError, "stride: got 0, needs an integer from 1 to 2147483647"),
        ({"dilation": True}, TypeError, "dilation: got True, needs an integer"),
        ({"padding": "same"}, ValueError, "padding: got 'same', needs 'same_upper' or numbers"),
        ({"padding": 2}, ValueError, "padding: got (2, 2), needs at most 1, less than kernel height 2"),
        (
            {"kernel_size": (4, 3), "padding": (3, (0, 3))},
            ValueError,
            "padding: got (0, 3), needs at most 2, less than kernel width 3",
        ),
        (
            {"kernel_size": 7},
            ValueError,
            "input: got width 6 with padding (0, 0), needs width and padding of at least 7 in all"
            " for a kernel of width 7",
        ),
        (
            {"kernel_size": 3, "dilation": 4},
            ValueError,
            "input: got height 7 with padding (0, 0), needs height and padding of at least 9 in all"
            " for a kernel of height 3 with dilation 4",
        ),
        (
            {
                "input": X[:, :, :1],
                "kernel_size": (2, 1),
                "stride": 2,
                "padding": (1, 0),
                "dilation": 3,
                "ceil_mode": True,
            },
            ValueError,
            "dilation: got 3, needs no window that falls beside the image of height 1:"
            " a smaller dilation or padding",
        ),
        ({"ceil_mode": 1}, TypeError, "ceil_mode: got 1, needs True or False"),
        ({"return_indices": None}, TypeError, "return_indices: got None, needs True or False"),
    ],
)
def test_wrong_arguments(arguments, error, message, assert_refused):
    right = {"input": X, "kernel_size": 2}
    max_pool2d(**right)
    assert_refused(error, f"max_pool2d: {message}", max_pool2d, **{**right, **arguments})


WRONG = PLACES.copy()
WRONG[1, 2, 3, 0] = 7 * 6
NEGATIVE = PLACES.copy()
NEGATIVE[0, 1, 0, 2] = -1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"grad_output": G.astype(int)}, TypeError, "grad_output: got int64, needs float32 or float64"),
        ({"input_size": (7, 6)}, ValueError, f"input_size: got (7, 6), needs {IMAGE}"),
        ({"input_size": (2, 3, 7, 0)}, ValueError, f"input_size: got (2, 3, 7, 0), needs {IMAGE}"),
        ({"input_size": (2, 3, 7, 6.0)}, TypeError, "input_size: got 6.0, needs an integer"),
        (
            {"input_size": (2, 4, 7, 6)},
            ValueError,
            "grad_output: got shape (2, 3, 4, 3), needs (2, 4, P, Q) to match input_size (2, 4, 7, 6)",
        ),
        (
            {"input_size": (3, 7, 6)},
            ValueError,
            "grad_output: got shape (2, 3, 4, 3), needs (3, P, Q) to match input_size (3, 7, 6)",
        ),
        (
            {"grad_output": G[0, 0, 0, 0, ...]},
            ValueError,
            "grad_output: got shape (), needs (2, 3, P, Q) to match input_size (2, 3, 7, 6)",
        ),
        (
            {"indices": PLACES[..., 1:]},
            ValueError,
            "indices: got shape (2, 3, 4, 2), needs (2, 3, 4, 3) to match grad_output",
        ),
        ({"indices": PLACES.astype(float)}, TypeError, "indices: got float64, needs an integer type"),
        ({"indices": WRONG}, ValueError, "indices: got 42 at index (1, 2, 3, 0), needs 0 to 41"),
        ({"indices": NEGATIVE}, ValueError, "indices: got -1 at index (0, 1, 0, 2), needs 0 to 41"),
    ],
)
def test_wrong_arguments_of_the_gradient(arguments, error, message, assert_refused):
    right = {"grad_output": G, "indices": PLACES, "input_size": X.shape}
    max_pool2d_input(**right)
    assert_refused(error, f"max_pool2d_input: {message}", max_pool2d_input, **{**right, **arguments})


ADAPTED, SPOTS = reference.adaptive_max_pool2d(X, (2, 4), return_indices=True)
H = rng.standard_normal(ADAPTED.shape).astype(np.float32)


def test_adaptive_maxima_are_those_of_the_backend(disguised):
    z, places = adaptive_max_pool2d(disguised(X), [2, 4], True)
    np.testing.assert_array_equal(z, ADAPTED)
    np.testing.assert_array_equal(places, SPOTS)
    np.testing.assert_array_equal(adaptive_max_pool2d(X, (2, 4)), ADAPTED)
    expected = reference.max_pool2d_input(H, SPOTS, X.shape)
    np.testing.assert_array_equal(adaptive_max_pool2d_input(disguised(H), places, X.shape), expected)
    one, spots = adaptive_max_pool2d(X[1], (2, 4), True)
    np.testing.assert_array_equal(one, ADAPTED[1])
    np.testing.assert_array_equal(adaptive_max_pool2d_input(H[1], spots, X[1].shape), expected[1])


def test_adaptive_maxima_may_have_no_outputs():
    for lead in ((2, 3), (3,), (0, 3)):
        z, places = adaptive_max_pool2d(np.ones((*lead, 7, 6)), (0, None), True)
        assert z.shape == places.shape == (*lead, 0, 6) and places.dtype == np.int64
        assert not adaptive_max_pool2d_input(z, places, (*lead, 7, 6)).any()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input": X[0, 0]}, ValueError, f"input: got shape (7, 6), needs {IMAGE}"),
        ({"output_size": -1}, ValueError, "output_size: got -1, needs an integer from 0 to 2147483647"),
        ({"return_indices": 1}, TypeError, "return_indices: got 1, needs True or False"),
    ],
)
def test_wrong_arguments_of_an_adaptive_maximum(arguments, error, message, assert_refused):
    right = {"input": X, "output_size": 2}
    assert_refused(error, f"adaptive_max_pool2d: {message}", adaptive_max_pool2d, **{**right, **arguments})


def test_an_index_outside_of_the_image_is_told_by_its_own_function(assert_refused):
    wrong = SPOTS + 42
    got = f"got {wrong[0, 0, 0, 0]} at index (0, 0, 0, 0), needs 0 to 41"
    message = f"adaptive_max_pool2d_input: indices: {got}"
    assert_refused(ValueError, message, adaptive_max_pool2d_input, H, wrong, X.shape)


S = X[:, :, 0]
"""Signals."""


@pytest.mark.parametrize("kind", ["numba", "reference"])
def test_signals_are_images_of_height_1(kind):
    with backend(kind):
        z, places = max_pool1d(S, 3, 2, 1, return_indices=True)
        images = max_pool2d(S[:, :, None], (1, 3), (1, 2), (0, 1), return_indices=True)
        np.testing.assert_array_equal(z, images[0][:, :, 0])
        np.testing.assert_array_equal(places, images[1][:, :, 0])
        np.testing.assert_array_equal(max_pool1d(S[0], (3,), [2], ((1, 1),)), z[0])
        dx = max_pool2d_input(z[:, :, None], places[:, :, None], (2, 3, 1, 6))
        np.testing.assert_array_equal(max_pool1d_input(z, places, S.shape), dx[:, :, 0])
        np.testing.assert_array_equal(max_pool1d_input(z[1], places[1], (3, 6)), dx[1, :, 0])


SIGNAL = "(N, C, L) or (C, L) with at least one channel and position"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input": X}, ValueError, f"input: got shape (2, 3, 7, 6), needs {SIGNAL}"),
        ({"kernel_size": (2, 2)}, ValueError, "kernel_size: got (2, 2), needs one integer"),
        ({"padding": (1, 0)}, ValueError, "padding: got (1, 0), needs one integer or ((before, after),)"),
        ({"padding": 3}, ValueError, "padding: got (3, 3), needs at most 2, less than kernel length 3"),
        (
            {"kernel_size": 7},
            ValueError,
            "input: got length 6 with padding (0, 0), needs length and padding of at least 7 in all"
            " for a kernel of length 7",
        ),
    ],
)
def test_wrong_arguments_of_signals(arguments, error, message, assert_refused):
    assert_refused(error, f"max_pool1d: {message}", max_pool1d, **{"input": S, "kernel_size": 3, **arguments})


def test_wrong_shapes_of_a_gradient_of_signals(assert_refused):
    z, places = max_pool1d(S, 2, return_indices=True)
    message = (
        "max_pool1d_input: grad_output: got shape (2, 3, 3), needs (2, 4, P) to match input_size (2, 4, 6)"
    )
    assert_refused(ValueError, message, max_pool1d_input, z, places, (2, 4, 6))
