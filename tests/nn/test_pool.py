import numpy as np
import pytest

from fastconv import nn

GEOMETRIES = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 2, "padding": 1},
    {"kernel_size": 3, "stride": 1},
    {"kernel_size": (2, 3), "dilation": (2, 1)},
    {"kernel_size": 2, "ceil_mode": True},
]


@pytest.mark.parametrize("arguments", GEOMETRIES, ids=str)
def test_gradients_agree_with_differences(arguments, check_gradients, each_backend):
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


@pytest.mark.parametrize(
    ("arguments", "shape", "message"),
    [
        (
            (2,),
            (4, 1, 5),
            r"MaxPool2d: got 1 x 5 pixels, needs at least 2 x 2; MaxPool2d\(\(1, 2\)\) would fit",
        ),
        ((2,), (64,), r"MaxPool2d: got shape \(64,\), needs \(channels, height, width\)"),
    ],
)
def test_a_shape_that_does_not_fit_is_told_with_one_that_would(arguments, shape, message):
    with pytest.raises(ValueError, match=message):
        nn.MaxPool2d(*arguments).output_shape(shape)
    with pytest.raises(ValueError, match=message.replace("Max", "Avg")):
        nn.AvgPool2d(*arguments).output_shape(shape)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"padding": 2}, r"padding: got \(2, 2\), needs at most 1, half of kernel height 2$"),
        ({"padding": 1, "dilation": 9}, "dilation: got 9, needs no window that falls beside the image"),
    ],
)
def test_windows_that_do_not_run_have_no_shape_either(arguments, message):
    layer = nn.MaxPool2d(2, **arguments)
    with pytest.raises(ValueError, match=f"^max_pool2d: {message}"):
        layer(np.zeros((1, 1, 8, 8), np.float32))
    with pytest.raises(ValueError, match=f"^MaxPool2d: {message}"):
        layer.output_shape((1, 8, 8))
    with pytest.raises(ValueError, match=rf"^in 0 \(MaxPool2d\): {message}"):
        nn.Sequential(layer).summary((1, 8, 8))


def test_a_shape_that_cannot_be_averaged():
    with pytest.raises(
        ValueError, match=r"^AdaptiveAvgPool2d: got shape \(64,\), needs \(channels, height, width\)$"
    ):
        nn.AdaptiveAvgPool2d(1).output_shape((64,))
    with pytest.raises(ValueError, match=r"^AdaptiveAvgPool2d: got 0 x 5 pixels, needs at least 1 x 1$"):
        nn.AdaptiveAvgPool2d(1).output_shape((4, 0, 5))


def test_arguments_are_checked_when_the_layer_is_made():
    with pytest.raises(ValueError, match="MaxPool2d: kernel_size: got 0"):
        nn.MaxPool2d(0)
    with pytest.raises(TypeError, match="MaxPool2d: ceil_mode: got 1"):
        nn.MaxPool2d(2, ceil_mode=1)
    with pytest.raises(TypeError, match="AvgPool2d: count_include_pad: got 1"):
        nn.AvgPool2d(2, 2, 0, False, 1)
    with pytest.raises(ValueError, match="AvgPool2d: divisor_override: got 0"):
        nn.AvgPool2d(2, divisor_override=0)
    with pytest.raises(ValueError, match="AdaptiveAvgPool2d: output_size: got -1"):
        nn.AdaptiveAvgPool2d((None, -1))


def test_an_empty_stride_is_the_kernel_size_and_adaptive_pooling_may_have_no_outputs():
    assert nn.MaxPool2d((2, 3), stride=()).stride == (2, 3)
    layer, x = nn.AdaptiveAvgPool2d((0, None)), np.ones((2, 3, 5, 4), np.float32)
    assert layer.output_shape((3, 5, 4)) == (3, 0, 4) and layer.config() == {"output_size": (0, None)}
    y, backward = layer.forward(x)
    assert y.shape == (2, 3, 0, 4)
    np.testing.assert_array_equal(backward(y)[0], np.zeros_like(x))


AVERAGES = [
    nn.AvgPool2d(2),
    nn.AvgPool2d(3, 2, 1, True, False),
    nn.AvgPool2d((2, 3), divisor_override=5),
    nn.AdaptiveAvgPool2d(1),
    nn.AdaptiveAvgPool2d((None, 3)),
]


@pytest.mark.parametrize("layer", AVERAGES, ids=repr)
def test_gradients_of_averages_agree_with_differences(layer, check_gradients, each_backend):
    check_gradients(layer, np.random.default_rng(0).normal(size=(2, 2, 5, 7)))


@pytest.mark.parametrize("layer", AVERAGES, ids=repr)
def test_prediction_and_shape_of_averages_agree_with_forward(layer):
    x = np.random.default_rng(0).normal(size=(2, 2, 5, 7))
    y = layer.forward(x)[0]
    assert np.array_equal(layer(x), y)
    assert layer.output_shape((2, 5, 7)) == y.shape[1:]


def test_the_shape_after_an_average():
    assert nn.AvgPool2d((2, 3)).stride == (2, 3)
    assert nn.AdaptiveAvgPool2d((None, 3)).output_shape((4, 5, 7)) == (4, 5, 3)
    assert nn.AdaptiveAvgPool2d(1).output_shape((4, 5, 7)) == (4, 1, 1)
