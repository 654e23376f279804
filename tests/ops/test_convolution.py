"""Padding that TensorFlow calls "same": as many outputs as pixels / stride, more zeros at the end."""

import numpy as np
import pytest

from fastconv import functional, grad
from fastconv.ops.convolution import geometry

X = np.random.default_rng(0).standard_normal((2, 3, 8, 7))


@pytest.mark.parametrize(
    ("filters", "stride", "dilation", "sides"),
    [
        ((3, 3), 2, 1, ((0, 1), (1, 1))),
        ((10, 4), 2, 1, ((4, 4), (1, 2))),
        ((1, 2), 3, 1, ((0, 0), (0, 1))),
        ((2, 5), (1, 4), (3, 1), ((1, 2), (1, 1))),
        ((3, 3), 1, 2, ((2, 2), (2, 2))),
    ],
)
def test_named_padding_is_what_it_stands_for(filters, stride, dilation, sides):
    w = np.random.default_rng(1).standard_normal((4, 3, *filters))
    named = {"stride": stride, "padding": "same_upper", "dilation": dilation}
    wide = {**named, "padding": sides}
    z = functional.conv2d(X, w, **named)
    pairs = zip(X.shape[2:], (stride, stride) if isinstance(stride, int) else stride, strict=True)
    assert z.shape[2:] == tuple(-(-size // step) for size, step in pairs)
    np.testing.assert_array_equal(z, functional.conv2d(X, w, **wide))
    np.testing.assert_array_equal(
        grad.conv2d_input(X.shape, w, z, **named), grad.conv2d_input(X.shape, w, z, **wide)
    )
    np.testing.assert_array_equal(
        grad.conv2d_weight(X, w.shape, z, **named), grad.conv2d_weight(X, w.shape, z, **wide)
    )


def test_at_stride_1_it_is_same():
    for taps in range(1, 6):
        shapes = (1, 1, 5, 6), (1, 1, taps, 2)
        same, upper = (geometry("conv2d", *shapes, 1, name, 1, 1) for name in ("same", "same_upper"))
        assert same == upper


def test_answers_of_a_name_and_of_a_number_are_kept_apart():
    one = geometry("conv1d", (1, 1, 5), (1, 1, 3), 1, 0, 1, 1)
    assert geometry("conv1d", (1, 1, 5), (1, 1, 3), 1, 0, 1, 1) is one
    with pytest.raises(TypeError, match="conv1d: stride: got True, needs an integer"):
        geometry("conv1d", (1, 1, 5), (1, 1, 3), True, 0, 1, 1)
