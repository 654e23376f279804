import numpy as np
import pytest

from fastconv import nn


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
        ({"padding": 2}, r"padding: got \(2, 2\), needs at most 1, less than kernel height 2$"),
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


def test_named_padding_may_meet_an_image_of_any_size():
    layer = nn.MaxPool2d(5, 2, "same_upper")
    for size in ((1, 1), (2, 7), (6, 5)):
        assert layer.output_shape((3, *size)) == (3, *(-(-n // 2) for n in size))
    with pytest.raises(ValueError, match=r"^MaxPool2d: got 0 x 5 pixels, needs at least 5 x 5"):
        layer.output_shape((3, 0, 5))
    with pytest.raises(ValueError, match=r"^MaxPool2d: padding: got 'same', needs 'same_upper' or numbers$"):
        nn.MaxPool2d(2, padding="same")
