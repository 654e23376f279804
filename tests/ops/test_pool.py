import numpy as np
import pytest

from fastconv import backend, reference
from fastconv.functional import adaptive_avg_pool2d, avg_pool2d, max_pool2d
from fastconv.grad import adaptive_avg_pool2d_input, avg_pool2d_input, max_pool2d_input

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
        ({"padding": "same"}, TypeError, "padding: got 'same', needs an integer"),
        ({"padding": 2}, ValueError, "padding: got (2, 2), needs at most 1, half of kernel height 2"),
        (
            {"kernel_size": (4, 3), "padding": (2, (0, 2))},
            ValueError,
            "padding: got (0, 2), needs at most 1, half of kernel width 3",
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


MEANS = reference.avg_pool2d(X, **STEPS)
ADAPTED = reference.adaptive_avg_pool2d(X, (2, 4))
H = rng.standard_normal(ADAPTED.shape).astype(np.float32)


def test_averages_are_those_of_the_backend():
    np.testing.assert_array_equal(avg_pool2d(X, **STEPS), MEANS)
    np.testing.assert_array_equal(
        avg_pool2d_input(G, X.shape, **STEPS), reference.avg_pool2d_input(G, X.shape, **STEPS)
    )
    np.testing.assert_array_equal(adaptive_avg_pool2d(X, [2, 4]), ADAPTED)
    np.testing.assert_array_equal(
        adaptive_avg_pool2d_input(H, [*X.shape]), reference.adaptive_avg_pool2d_input(H, X.shape)
    )


def test_the_backend_gets_all_of_an_average(monkeypatch):
    calls = []
    for name in ("avg_pool2d", "adaptive_avg_pool2d"):
        monkeypatch.setattr(reference, name, lambda *args: calls.append(args[1:]))
    x = np.zeros((1, 1, 8, 9))
    avg_pool2d(x, 2)
    avg_pool2d(x, [3, 2], 1, (1, 0), np.True_, False, np.int8(-3))
    adaptive_avg_pool2d(x, 3)
    adaptive_avg_pool2d(x, [None, np.int8(2)])
    adaptive_avg_pool2d(x, (4, None))
    assert calls == [
        ((2, 2), (2, 2), ((0, 0), (0, 0)), False, True, None),
        ((3, 2), (1, 1), ((1, 1), (0, 0)), True, False, -3),
        ((3, 3),),
        ((8, 2),),
        ((4, 9),),
    ]


def test_averages_of_any_memory_layout(disguised):
    assert avg_pool2d(disguised(X), **STEPS).dtype == np.float32
    np.testing.assert_array_equal(avg_pool2d(disguised(X), **STEPS), MEANS)
    np.testing.assert_array_equal(
        avg_pool2d_input(disguised(G), X.shape, **STEPS), avg_pool2d_input(G, X.shape, **STEPS)
    )
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
    np.testing.assert_array_equal(avg_pool2d(X[1], **STEPS), MEANS[1])
    np.testing.assert_array_equal(
        avg_pool2d_input(G[1], X[1].shape, **STEPS), avg_pool2d_input(G, X.shape, **STEPS)[1]
    )
    np.testing.assert_array_equal(adaptive_avg_pool2d(X[1], (2, 4)), ADAPTED[1])
    np.testing.assert_array_equal(
        adaptive_avg_pool2d_input(H[1], X[1].shape), adaptive_avg_pool2d_input(H, X.shape)[1]
    )


def test_averages_of_an_empty_batch():
    z = avg_pool2d(X[:0], **STEPS)
    assert z.shape == (0, *MEANS.shape[1:])
    assert avg_pool2d_input(z, (0, 3, 7, 6), **STEPS).shape == (0, 3, 7, 6)
    z = adaptive_avg_pool2d(X[:0], 2)
    assert z.shape == (0, 3, 2, 2)
    assert adaptive_avg_pool2d_input(z, (0, 3, 7, 6)).shape == (0, 3, 7, 6)


WINDOW = [
    ({"kernel_size": 0}, ValueError, "kernel_size: got 0, needs an integer from 1 to 2147483647"),
    ({"stride": (0, 1)}, ValueError, "stride: got 0, needs an integer from 1 to 2147483647"),
    ({"padding": "same"}, TypeError, "padding: got 'same', needs an integer"),
    ({"padding": 2}, ValueError, "padding: got (2, 2), needs at most 1, half of kernel height 2"),
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
