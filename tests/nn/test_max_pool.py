import numpy as np
import pytest

from fastconv import functional, nn

GEOMETRIES = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 3, "stride": 1},
    {"kernel_size": (2, 3), "dilation": (2, 1)},
    {"kernel_size": 2, "ceil_mode": True},
    {"kernel_size": (3, 2), "stride": 2, "padding": "same_upper"},
]


@pytest.mark.parametrize("arguments", GEOMETRIES, ids=str)
def test_gradients_agree_with_differences(arguments, check_gradients):
    # No two values are close, so that no step of a difference changes a maximum.
    x = np.random.default_rng(0).permutation(2 * 2 * 5 * 7).reshape(2, 2, 5, 7) / 10
    check_gradients(nn.MaxPool2d(**arguments), x)


@pytest.mark.parametrize("arguments", GEOMETRIES, ids=str)
def test_prediction_and_shape_agree_with_forward(arguments):
    layer = nn.MaxPool2d(**arguments)
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 7)).astype(np.float32)
    y = layer.forward(x)[0]
    assert np.array_equal(layer(x), y)
    assert layer.output_shape((3, 5, 7)) == y.shape[1:]


def test_the_gradient_goes_to_the_first_of_equal_maxima(each_backend):
    _, backward = nn.MaxPool2d(2).forward(np.ones((1, 1, 2, 2), np.float32))
    assert backward(np.full((1, 1, 1, 1), 7, np.float32))[0].tolist() == [[[[7.0, 0.0], [0.0, 0.0]]]]


def test_the_stride_is_the_kernel_size_unless_given():
    assert nn.MaxPool2d((2, 3)).stride == (2, 3)
    assert nn.MaxPool2d((2, 3), 1).stride == (1, 1)


@pytest.mark.parametrize("size", [1, (2, 4), (None, 3)], ids=str)
def test_adaptive_maxima(size, check_gradients):
    layer, x = nn.AdaptiveMaxPool2d(size), np.random.default_rng(0).permutation(140).reshape(2, 2, 5, 7) / 10
    check_gradients(layer, x)
    y = layer.forward(x)[0]
    assert np.array_equal(layer(x), y)
    assert layer.output_shape((2, 5, 7)) == y.shape[1:]
    assert nn.AdaptiveMaxPool2d(**layer.config()).output_size == layer.output_size


@pytest.mark.parametrize(
    "arguments", [{"kernel_size": 2}, {"kernel_size": 3, "stride": 2, "padding": "same_upper"}], ids=str
)
def test_signals(arguments, check_gradients):
    layer, x = nn.MaxPool1d(**arguments), np.random.default_rng(0).permutation(28).reshape(2, 2, 7) / 10
    check_gradients(layer, x)
    y = layer.forward(x)[0]
    assert np.array_equal(layer(x), y)
    assert np.array_equal(y, functional.max_pool1d(x, **arguments))
    assert layer.output_shape((2, 7)) == y.shape[1:]
    assert nn.MaxPool1d(**layer.config()).config() == layer.config()
    assert layer.config()["kernel_size"] == arguments["kernel_size"]
    with pytest.raises(ValueError, match=r"^MaxPool1d: got shape \(2, 7, 1\), needs \(channels, length\)$"):
        layer.output_shape((2, 7, 1))


def test_a_signal_that_is_too_short_is_told_with_a_window_that_fits():
    message = r"^MaxPool1d: got 2 positions, needs at least 3; MaxPool1d\(2\) would fit$"
    with pytest.raises(ValueError, match=message):
        nn.MaxPool1d(3).output_shape((4, 2))
