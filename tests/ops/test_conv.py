import numpy as np
import pytest

from fastconv import reference
from fastconv.functional import conv2d
from fastconv.grad import conv2d_bias, conv2d_input, conv2d_weight

rng = np.random.default_rng(0)
X = rng.standard_normal((2, 4, 7, 6)).astype(np.float32)
W = rng.standard_normal((6, 2, 3, 2)).astype(np.float32)
b = rng.standard_normal(6).astype(np.float32)
STEPS = {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "dilation": (1, 2), "groups": 2}
G = rng.standard_normal((2, 6, 3, 6)).astype(np.float32)


def test_operations_are_those_of_the_backend():
    np.testing.assert_array_equal(conv2d(X, W, b, **STEPS), reference.conv2d(X, W, b, **STEPS))
    np.testing.assert_array_equal(
        conv2d_input(X.shape, W, G, **STEPS), reference.conv2d_input(X.shape, W, G, **STEPS)
    )
    np.testing.assert_array_equal(
        conv2d_weight(X, W.shape, G, **STEPS), reference.conv2d_weight(X, W.shape, G, **STEPS)
    )
    np.testing.assert_array_equal(conv2d_bias(G), reference.conv2d_bias(G))


def test_the_backend_gets_pairs_and_four_sides(monkeypatch):
    calls = []
    for name in ("conv2d", "conv2d_input", "conv2d_weight"):
        monkeypatch.setattr(reference, name, lambda *args: calls.append(args))
    x, w = np.zeros((1, 2, 5, 5)), np.zeros((2, 1, 3, 3))
    conv2d(x, w, None, np.int64(1), [1, 2], 1, 2)
    conv2d_input([1, 2, 5, 5], w, np.zeros((1, 2, 5, 7)), 1, (1, 2), 1, 2)
    conv2d_weight(x, [2, 1, 3, 3], np.zeros((1, 2, 5, 7)), 1, ((1, 1), 2), 1, 2)
    steps = ((1, 1), ((1, 1), (2, 2)), (1, 1), 2)
    assert calls[0][2:] == (None, *steps, False)
    assert calls[1][0] == (1, 2, 5, 5)
    assert calls[1][3:] == steps
    assert calls[2][1] == (2, 1, 3, 3)
    assert calls[2][3:] == steps


def test_any_memory_layout(disguised):
    x, w, bias, g = disguised(X), disguised(W), disguised(b), disguised(G)
    pairs = [
        (conv2d(x, w, bias, **STEPS), conv2d(X, W, b, **STEPS)),
        (conv2d_input(X.shape, w, g, **STEPS), conv2d_input(X.shape, W, G, **STEPS)),
        (conv2d_weight(x, W.shape, g, **STEPS), conv2d_weight(X, W.shape, G, **STEPS)),
        (conv2d_bias(g), conv2d_bias(G)),
    ]
    for result, expected in pairs:
        assert result.dtype == np.float32
        assert result.dtype.isnative
        np.testing.assert_array_equal(result, expected)


def test_relu_of_the_result():
    np.testing.assert_array_equal(
        conv2d(X, W, b, **STEPS, relu=True), np.maximum(conv2d(X, W, b, **STEPS), 0)
    )


def test_one_image_without_a_batch():
    np.testing.assert_array_equal(conv2d(X[1], W, b, **STEPS), conv2d(X, W, b, **STEPS)[1])
    np.testing.assert_array_equal(
        conv2d_input(X[1].shape, W, G[1], **STEPS), conv2d_input(X.shape, W, G, **STEPS)[1]
    )
    np.testing.assert_array_equal(
        conv2d_weight(X[1], W.shape, G[1], **STEPS), conv2d_weight(X[1:], W.shape, G[1:], **STEPS)
    )
    np.testing.assert_array_equal(conv2d_bias(G[1]), conv2d_bias(G[1:]))


@pytest.mark.parametrize("steps", [2**20, 2**31 - 1])
def test_padding_that_no_memory_holds(steps):
    needs = r"conv2d: padding: got .*, needs at most 2\*\*40 elements in an array, not \(2, 4, "
    with pytest.raises(ValueError, match=needs):
        conv2d(X, W, b, stride=steps, padding=steps, dilation=steps, groups=2)


def test_an_empty_batch():
    x, g = X[:0], G[:0]
    assert conv2d(x, W, b, **STEPS).shape == (0, 6, 3, 6)
    assert conv2d_input(x.shape, W, g, **STEPS).shape == x.shape
    np.testing.assert_array_equal(conv2d_weight(x, W.shape, g, **STEPS), np.zeros_like(W))
    np.testing.assert_array_equal(conv2d_bias(g), np.zeros_like(b))


@pytest.mark.parametrize(
    ("filter_size", "dilation", "sides"),
    [
        ((3, 3), 1, ((1, 1), (1, 1))),
        ((1, 5), 1, ((0, 0), (2, 2))),
        ((2, 4), 1, ((0, 1), (1, 2))),
        ((2, 3), (3, 2), ((1, 2), (2, 2))),
    ],
)
def test_same_keeps_the_image_size_and_pads_more_at_the_end(filter_size, dilation, sides):
    w = rng.standard_normal((3, 4, *filter_size)).astype(np.float32)
    z = conv2d(X, w, padding="same", dilation=dilation)
    assert z.shape[2:] == X.shape[2:]
    np.testing.assert_array_equal(z, conv2d(X, w, padding=sides, dilation=dilation))
    for name in ("same", sides):
        assert conv2d_input(X.shape, w, z, padding=name, dilation=dilation).shape == X.shape
    np.testing.assert_array_equal(
        conv2d_weight(X, w.shape, z, padding="same", dilation=dilation),
        conv2d_weight(X, w.shape, z, padding=sides, dilation=dilation),
    )


def test_valid_is_no_padding():
    np.testing.assert_array_equal(
        conv2d(X, W, stride=2, padding="valid", groups=2), conv2d(X, W, stride=2, padding=0, groups=2)
    )


x, w = np.zeros((8, 1, 28, 28), np.float32), np.zeros((16, 1, 3, 3), np.float32)
IMAGE = "(N, C, H, W) or (C, H, W) with at least one channel and pixel"
FILTER = "(out, in/groups, kH, kW), none of them 0"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input": x[0, 0]}, f"input: got shape (28, 28), needs {IMAGE}"),
        ({"input": x[None]}, f"input: got shape (1, 8, 1, 28, 28), needs {IMAGE}"),
        ({"input": x[:, :0]}, f"input: got shape (8, 0, 28, 28), needs {IMAGE}"),
        ({"input": x[..., :0]}, f"input: got shape (8, 1, 28, 0), needs {IMAGE}"),
        ({"weight": w[0]}, f"weight: got shape (1, 3, 3), needs {FILTER}"),
        ({"weight": w[:0]}, f"weight: got shape (0, 1, 3, 3), needs {FILTER}"),
        ({"weight": w[..., :0]}, f"weight: got shape (16, 1, 3, 0), needs {FILTER}"),
        (
            {"weight": np.zeros((16, 3, 3, 3), np.float32)},
            "weight: got shape (16, 3, 3, 3), needs (out, 1, kH, kW)"
            " to match input (8, 1, 28, 28) with groups=1",
        ),
        (
            {"groups": 2},
            "groups: got 2, needs a divisor of the 1 channels of input and the 16 of weight",
        ),
        (
            {"input": np.zeros((8, 3, 28, 28), np.float32), "groups": 3},
            "groups: got 3, needs a divisor of the 3 channels of input and the 16 of weight",
        ),
        ({"bias": np.zeros(15, np.float32)}, "bias: got shape (15,), needs (16,) to match weight"),
        ({"bias": np.zeros((16, 1), np.float32)}, "bias: got shape (16, 1), needs (16,) to match weight"),
        (
            {"input": x[:, :, :2], "padding": ((0, 0), (1, 1))},
            "input: got height 2 with padding (0, 0), needs height and padding of at least 3 in all"
            " for a filter of height 3 with dilation 1",
        ),
        (
            {"input": x[..., :2], "dilation": 2, "padding": 1},
            "input: got width 2 with padding (1, 1), needs width and padding of at least 5 in all"
            " for a filter of width 3 with dilation 2",
        ),
        ({"stride": 0}, "stride: got 0, needs an integer from 1 to 2147483647"),
        ({"dilation": (1, 0)}, "dilation: got 0, needs an integer from 1 to 2147483647"),
        ({"padding": -1}, "padding: got -1, needs an integer from 0 to 2147483647"),
        ({"groups": 0}, "groups: got 0, needs an integer from 1 to 2147483647"),
        ({"padding": "full"}, "padding: got 'full', needs 'same', 'same_upper', 'valid' or numbers"),
        (
            {"padding": "same", "stride": 2},
            "padding: got 'same' with stride (2, 2), needs stride 1, numbers, or 'same_upper'",
        ),
    ],
)
def test_shapes_and_values_that_do_not_fit(arguments, message, assert_refused):
    assert_refused(ValueError, f"conv2d: {message}", conv2d, **{"input": x, "weight": w, **arguments})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input": x.tolist()}, "input: got list, needs a numpy.ndarray"),
        ({"input": x.astype(np.uint8)}, "input: got uint8, needs float32 or float64"),
        ({"weight": None}, "weight: got NoneType, needs a numpy.ndarray"),
        ({"weight": w.astype(np.float64)}, "weight: got float64, needs float32 to match input"),
        ({"bias": np.zeros(16)}, "bias: got float64, needs float32 to match input"),
        ({"bias": True}, "bias: got bool, needs a numpy.ndarray"),
        ({"stride": True}, "stride: got True, needs an integer"),
        ({"stride": 1.0}, "stride: got 1.0, needs an integer"),
        ({"dilation": (1, 2.0)}, "dilation: got 2.0, needs an integer"),
        ({"padding": 0.5}, "padding: got 0.5, needs an integer"),
        ({"groups": True}, "groups: got True, needs an integer"),
        ({"relu": 1}, "relu: got 1, needs True or False"),
    ],
)
def test_objects_of_the_wrong_kind(arguments, message, assert_refused):
    conv2d(x, w)  # the right call, of which nothing may be remembered for the wrong one
    assert_refused(TypeError, f"conv2d: {message}", conv2d, **{"input": x, "weight": w, **arguments})


g = np.zeros((8, 16, 26, 26), np.float32)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input_size": x.shape[1:3]}, ValueError, f"input_size: got (1, 28), needs {IMAGE}"),
        ({"input_size": (8, 1, 28, 28.0)}, TypeError, "input_size: got 28.0, needs an integer"),
        ({"input_size": 28}, TypeError, "input_size: got 28, needs a tuple of integers"),
        (
            {"input_size": (8, 1, 28, -28)},
            ValueError,
            "input_size: got -28, needs an integer from 0 to 2147483647",
        ),
        (
            {"input_size": (8, 2, 28, 28)},
            ValueError,
            "weight: got shape (16, 1, 3, 3), needs (out, 2, kH, kW)"
            " to match input_size (8, 2, 28, 28) with groups=1",
        ),
        (
            {"input_size": (8, 1, 29, 28)},
            ValueError,
            "grad_output: got shape (8, 16, 26, 26), needs (8, 16, 27, 26) to match input_size and weight",
        ),
        (
            {"grad_output": g[:7]},
            ValueError,
            "grad_output: got shape (7, 16, 26, 26), needs (8, 16, 26, 26) to match input_size and weight",
        ),
        (
            {"grad_output": g[0]},
            ValueError,
            "grad_output: got shape (16, 26, 26), needs (8, 16, 26, 26) to match input_size and weight",
        ),
        (
            {"stride": 2},
            ValueError,
            "grad_output: got shape (8, 16, 26, 26), needs (8, 16, 13, 13) to match input_size and weight",
        ),
        (
            {"grad_output": g.astype(float)},
            TypeError,
            "grad_output: got float64, needs float32 to match weight",
        ),
        (
            {"padding": "same", "stride": 2},
            ValueError,
            "padding: got 'same' with stride (2, 2), needs stride 1, numbers, or 'same_upper'",
        ),
    ],
)
def test_wrong_arguments_of_the_input_gradient(arguments, error, message, assert_refused):
    right = {"input_size": x.shape, "weight": w, "grad_output": g}
    assert conv2d_input(**right).shape == x.shape
    assert_refused(error, f"conv2d_input: {message}", conv2d_input, **{**right, **arguments})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input": x[0, 0]}, ValueError, f"input: got shape (28, 28), needs {IMAGE}"),
        ({"weight_size": (16, 1, 3)}, ValueError, f"weight_size: got shape (16, 1, 3), needs {FILTER}"),
        ({"weight_size": (16, 1, 3, True)}, TypeError, "weight_size: got True, needs an integer"),
        (
            {"weight_size": (16, 1, 3, 30)},
            ValueError,
            "input: got width 28 with padding (0, 0), needs width and padding of at least 30 in all"
            " for a filter of width 30 with dilation 1",
        ),
        (
            {"weight_size": (15, 1, 3, 3)},
            ValueError,
            "grad_output: got shape (8, 16, 26, 26), needs (8, 15, 26, 26) to match input and weight_size",
        ),
        (
            {"weight_size": (16, 2, 3, 3)},
            ValueError,
            "weight_size: got shape (16, 2, 3, 3), needs (out, 1, kH, kW)"
            " to match input (8, 1, 28, 28) with groups=1",
        ),
        (
            {"grad_output": g[..., 1:]},
            ValueError,
            "grad_output: got shape (8, 16, 26, 25), needs (8, 16, 26, 26) to match input and weight_size",
        ),
        ({"grad_output": None}, TypeError, "grad_output: got NoneType, needs a numpy.ndarray"),
    ],
)
def test_wrong_arguments_of_the_weight_gradient(arguments, error, message, assert_refused):
    right = {"input": x, "weight_size": w.shape, "grad_output": g}
    assert conv2d_weight(**right).shape == w.shape
    assert_refused(error, f"conv2d_weight: {message}", conv2d_weight, **{**right, **arguments})


@pytest.mark.parametrize("array", [g[0, 0], g[:, :0], g[..., :0], g[None]])
def test_wrong_shapes_of_the_bias_gradient(array, assert_refused):
    needs = "(N, K, P, Q) or (K, P, Q) with at least one channel and pixel"
    message = f"conv2d_bias: grad_output: got shape {array.shape}, needs {needs}"
    assert_refused(ValueError, message, conv2d_bias, array)


def test_wrong_types_of_the_bias_gradient(assert_refused):
    message = "conv2d_bias: grad_output: got int64, needs float32 or float64"
    assert_refused(TypeError, message, conv2d_bias, g.astype(int))
