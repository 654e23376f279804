import numpy as np
import pytest

from fastconv import nn


def test_a_shape_that_cannot_be_averaged():
    with pytest.raises(
        ValueError, match=r"^AdaptiveAvgPool2d: got shape \(64,\), needs \(channels, height, width\)$"
    ):
        nn.AdaptiveAvgPool2d(1).output_shape((64,))
    with pytest.raises(ValueError, match=r"^AdaptiveAvgPool2d: got 0 x 5 pixels, needs at least 1 x 1$"):
        nn.AdaptiveAvgPool2d(1).output_shape((4, 0, 5))


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
    nn.AvgPool2d(3, 2, "same_upper", count_include_pad=False),
    nn.AdaptiveAvgPool2d(1),
    nn.AdaptiveAvgPool2d((None, 3)),
]


@pytest.mark.parametrize("layer", AVERAGES, ids=repr)
def test_gradients_of_averages_agree_with_differences(layer, check_gradients):
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


SIGNALS = [
    nn.AvgPool1d(2),
    nn.AvgPool1d(3, 2, 1, True, False),
    nn.AvgPool1d(3, 2, "same_upper"),
    nn.AdaptiveAvgPool1d(3),
    nn.AdaptiveAvgPool1d((None,)),
]


@pytest.mark.parametrize("layer", SIGNALS, ids=repr)
def test_signals(layer, check_gradients):
    x = np.random.default_rng(0).normal(size=(2, 2, 7))
    check_gradients(layer, x)
    y = layer.forward(x)[0]
    assert np.array_equal(layer(x), y)
    assert layer.output_shape((2, 7)) == y.shape[1:]
    assert type(layer)(**layer.config()).config() == layer.config()


def test_a_class_of_ones_own_has_the_axes_of_its_parent():
    class Mine(nn.AvgPool1d):
        pass

    assert Mine(2).output_shape((3, 8)) == (3, 4)


@pytest.mark.parametrize("layer", [nn.AdaptiveAvgPool1d(2), nn.AdaptiveAvgPool2d((2, 3))], ids=repr)
def test_a_gradient_of_other_windows_is_refused(layer):
    y, backward = layer.forward(np.ones((1, 2, 6, 6)[: layer.rank.axes + 2]))
    with pytest.raises(ValueError, match=r"_input: grad_output: got shape .*, needs .* to match the output$"):
        backward(y[..., :1])
    with pytest.raises(TypeError, match=r"_input: grad_output: got list, needs a numpy\.ndarray$"):
        backward(y.tolist())
