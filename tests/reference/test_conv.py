import numpy as np
import pytest

from fastconv.reference import conv2d, conv2d_bias, conv2d_input, conv2d_weight

# The derivation by hand: a 3x3 image, a 2x2 filter, and the gradient G of its 2x2 output.
X = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
W1 = np.array([[1.0, 0.5], [-1, 2]])
b1 = 0.25
G = np.array([[1.0, -2], [3, 4]])


def as_image(plane):
    return plane[None, None]


def test_output_by_hand():
    Z1 = conv2d(as_image(X), as_image(W1), np.array([b1]))
    expected = [
        [1 * 1 + 2 * 0.5 + 4 * -1 + 5 * 2 + 0.25, 2 * 1 + 3 * 0.5 + 5 * -1 + 6 * 2 + 0.25],
        [4 * 1 + 5 * 0.5 + 7 * -1 + 8 * 2 + 0.25, 5 * 1 + 6 * 0.5 + 8 * -1 + 9 * 2 + 0.25],
    ]
    assert expected == [[8.25, 10.75], [15.75, 18.25]]
    np.testing.assert_array_equal(Z1, as_image(np.array(expected)))


def test_weight_gradient_by_hand_is_four_terms_an_entry():
    dW1 = conv2d_weight(as_image(X), (1, 1, 2, 2), as_image(G))[0, 0]
    assert dW1[0, 0] == G[0, 0] * X[0, 0] + G[0, 1] * X[0, 1] + G[1, 0] * X[1, 0] + G[1, 1] * X[1, 1]
    assert dW1[0, 1] == G[0, 0] * X[0, 1] + G[0, 1] * X[0, 2] + G[1, 0] * X[1, 1] + G[1, 1] * X[1, 2]
    assert dW1[1, 0] == G[0, 0] * X[1, 0] + G[0, 1] * X[1, 1] + G[1, 0] * X[2, 0] + G[1, 1] * X[2, 1]
    assert dW1[1, 1] == G[0, 0] * X[1, 1] + G[0, 1] * X[1, 2] + G[1, 0] * X[2, 1] + G[1, 1] * X[2, 2]
    np.testing.assert_array_equal(dW1, [[29, 35], [47, 53]])


def test_bias_gradient_by_hand_is_the_sum():
    np.testing.assert_array_equal(conv2d_bias(as_image(G)), [1 - 2 + 3 + 4])


def test_input_gradient_by_hand():
    dX = conv2d_input((1, 1, 3, 3), as_image(W1), as_image(G))[0, 0]
    expected = [
        [1 * 1, 1 * 0.5 + -2 * 1, -2 * 0.5],
        [1 * -1 + 3 * 1, 1 * 2 + -2 * -1 + 3 * 0.5 + 4 * 1, -2 * 2 + 4 * 0.5],
        [3 * -1, 3 * 2 + 4 * -1, 4 * 2],
    ]
    assert expected == [[1, -1.5, -1], [2, 9.5, -2], [-3, 2, 8]]
    np.testing.assert_array_equal(dX, expected)


# input shape, weight shape, stride, padding, dilation, groups
GEOMETRIES = [
    ((2, 3, 5, 6), (4, 3, 3, 3), 1, 0, 1, 1),
    ((2, 3, 5, 6), (4, 3, 3, 2), 1, 1, 1, 1),
    ((1, 2, 7, 6), (3, 2, 3, 3), 2, 1, 1, 1),
    ((1, 2, 8, 7), (2, 2, 2, 3), (3, 2), (1, 2), 1, 1),
    ((1, 2, 6, 5), (2, 2, 2, 2), 1, ((0, 1), (1, 0)), 1, 1),
    ((1, 1, 5, 6), (2, 1, 3, 3), (2, 1), ((2, 0), (1, 3)), 1, 1),
    ((1, 2, 7, 8), (2, 2, 3, 2), 1, 2, 2, 1),
    ((1, 2, 9, 8), (2, 2, 2, 3), (2, 3), ((1, 0), (0, 2)), (3, 2), 1),
    ((2, 4, 5, 5), (6, 2, 3, 3), 1, 1, 1, 2),
    ((1, 3, 6, 5), (6, 1, 2, 3), (1, 2), 1, (2, 1), 3),
    ((2, 3, 4, 5), (5, 3, 1, 1), 1, 0, 1, 1),
    ((1, 1, 3, 3), (1, 1, 5, 5), 1, 2, 1, 1),
    ((0, 2, 5, 5), (3, 2, 3, 3), 1, 1, 1, 1),
]


def drawn(geometry):
    """Input, weight, bias and the steps of one geometry."""
    input_size, weight_size, *steps = geometry
    rng = np.random.default_rng(sum(input_size + weight_size))
    return (*(rng.standard_normal(size) for size in (input_size, weight_size, weight_size[0])), steps)


def by_definition(x, w, b, stride, padding, dilation, groups):
    """The sum of the docstring, one output at a time."""
    (N, C, H, W), (K, _, R, S) = x.shape, w.shape
    sh, sw = stride if isinstance(stride, tuple) else (stride, stride)
    dh, dw = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    vertical, horizontal = padding if isinstance(padding, tuple) else (padding, padding)
    top, bottom = vertical if isinstance(vertical, tuple) else (vertical, vertical)
    left, right = horizontal if isinstance(horizontal, tuple) else (horizontal, horizontal)
    P = (H + top + bottom - dh * (R - 1) - 1) // sh + 1
    Q = (W + left + right - dw * (S - 1) - 1) // sw + 1
    z = np.zeros((N, K, P, Q))
    for n, k, p, q in np.ndindex(z.shape):
        z[n, k, p, q] = b[k]
        for c, r, s in np.ndindex(w.shape[1:]):
            h, v = p * sh + r * dh - top, q * sw + s * dw - left
            if 0 <= h < H and 0 <= v < W:
                first_of_group = k // (K // groups) * (C // groups)
                z[n, k, p, q] += x[n, first_of_group + c, h, v] * w[k, c, r, s]
    return z


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_output_is_the_sum_of_the_definition(geometry):
    x, w, b, steps = drawn(geometry)
    np.testing.assert_allclose(
        conv2d(x, w, b, *steps), by_definition(x, w, b, *steps), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_gradients_are_central_differences(geometry, assert_gradient):
    x, w, b, steps = drawn(geometry)
    g = np.random.default_rng(1).standard_normal(conv2d(x, w, b, *steps).shape)
    assert_gradient(conv2d_input(x.shape, w, g, *steps), lambda x: np.sum(g * conv2d(x, w, b, *steps)), x)
    assert_gradient(conv2d_weight(x, w.shape, g, *steps), lambda w: np.sum(g * conv2d(x, w, b, *steps)), w)
    assert_gradient(conv2d_bias(g), lambda b: np.sum(g * conv2d(x, w, b, *steps)), b)


def test_no_bias_is_a_bias_of_zero():
    x, w, _, steps = drawn(GEOMETRIES[1])
    np.testing.assert_array_equal(conv2d(x, w, None, *steps), conv2d(x, w, np.zeros(len(w)), *steps))


@pytest.mark.parametrize("geometry", GEOMETRIES[:4], ids=str)
def test_float32_is_float64_rounded_once(geometry):
    x, w, b, steps = drawn(geometry)
    x, w, b = (array.astype(np.float32) for array in (x, w, b))
    wide = [array.astype(np.float64) for array in (x, w, b)]
    g = conv2d(x, w, b, *steps)
    assert g.dtype == np.float32
    np.testing.assert_array_equal(g, conv2d(*wide, *steps).astype(np.float32))
    pairs = [
        (conv2d_input(x.shape, w, g, *steps), conv2d_input(x.shape, wide[1], g.astype(np.float64), *steps)),
        (conv2d_weight(x, w.shape, g, *steps), conv2d_weight(wide[0], w.shape, g.astype(np.float64), *steps)),
        (conv2d_bias(g), conv2d_bias(g.astype(np.float64))),
    ]
    for narrow, wide_gradient in pairs:
        assert narrow.dtype == np.float32
        np.testing.assert_array_equal(narrow, wide_gradient.astype(np.float32))


def test_the_sum_runs_in_float64():
    x = np.array([2.0**24, 1, 1, -(2.0**24)], dtype=np.float32).reshape(1, 1, 1, 4)
    ones = np.ones_like(x)
    assert conv2d(x, ones).item() == 2
    assert conv2d_bias(x).item() == 2
    assert conv2d_weight(x, (1, 1, 1, 1), ones).item() == 2


def test_arguments_stay_as_they_are():
    x, w, b, steps = drawn(GEOMETRIES[4])
    before = [array.copy() for array in (x, w, b)]
    for array in (x, w, b):
        array.flags.writeable = False
    g = conv2d(x, w, b, *steps)
    conv2d_input(x.shape, w, g, *steps)
    conv2d_weight(x, w.shape, g, *steps)
    for array, copy in zip((x, w, b), before, strict=True):
        np.testing.assert_array_equal(array, copy)
