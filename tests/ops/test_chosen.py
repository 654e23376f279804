"""Which algorithm runs, and why, from one call."""

import numpy as np
import pytest

import fastconv as fc
from fastconv.kernels.conv.depthwise import strips
from fastconv.kernels.conv.table import TABLE
from fastconv.kernels.engine import machine


def test_a_strided_first_layer():
    """A 5x5 convolution of stride 2 of three channels."""
    chosen = fc.chosen("conv2d", (32, 3, 48, 48), (16, 3, 5, 5), stride=2, padding=2)
    assert list(chosen) == ["forward", "input", "weight"]
    names = {row.name: row for row in TABLE}
    for choice in chosen.values():
        assert choice.where == names[choice.algorithm].where
    assert chosen["forward"].algorithm == "direct"
    assert str(chosen).splitlines()[0].startswith("forward  direct")


def test_one_image_and_named_padding():
    one = fc.chosen("conv2d", (64, 14, 14), (64, 64, 3, 3), padding="same")
    assert one == fc.chosen("conv2d", (1, 64, 14, 14), (64, 64, 3, 3), padding=1)


def test_settings_count():
    shapes = (4, 512, 28, 28), (512, 512, 3, 3)
    assert fc.chosen("conv2d", *shapes, padding=1)["forward"].algorithm == "winograd"
    with fc.config(winograd=False):
        assert fc.chosen("conv2d", *shapes, padding=1)["forward"].algorithm == "direct"


def test_dense_layers():
    few = fc.chosen("linear", (1, 3072), (50, 3072))
    assert [few[which].algorithm for which in few] == ["dots", "rows", "rows"]
    many = fc.chosen("linear", (4, 128, 1024), (1000, 1024))
    assert list(many) == ["forward", "input", "weight"]
    assert {choice.algorithm for choice in many.values()} == {"blocked"}


def test_poolings():
    small = fc.chosen("max_pool2d", (8, 16, 28, 28), 2)
    assert [choice.algorithm for choice in small.values()] == ["unrolled", "route"]
    assert fc.chosen("max_pool2d", (16, 28, 28), (2, 3))["forward"].algorithm == "general"
    means = fc.chosen("avg_pool2d", (8, 16, 28, 28), 4)
    assert [choice.algorithm for choice in means.values()] == ["general", "unrolled"]


def test_the_phases_of_a_strided_gradient_may_have_several():
    """5 rows of taps at stride 2 are 3 in one phase, which strips compute, and 2 in the next."""
    channels = strips.VECTORS * machine.lanes(np.float32)
    shapes = (2, channels, 14, 14), (channels, 1, 5, 5)
    choice = fc.chosen("conv2d", *shapes, stride=2, padding=2, groups=channels)["input"]
    assert choice.algorithm == "depthwise_strips + depthwise"
    assert choice.where.startswith("as a convolution of the output gradient: ")


def test_a_gradient_that_no_output_reaches_is_zero():
    """All windows of one tap, three steps apart, lie in the padding of the only pixel."""
    shapes = (1, 2, 1, 1), (4, 2, 1, 1)
    assert fc.chosen("conv2d", *shapes, stride=3, padding=2)["input"].algorithm == "zeros"
    assert not fc.grad.conv2d_input(*shapes[:1], np.ones(shapes[1]), np.ones((1, 4, 2, 2)), 3, 2).any()


def test_the_size_of_an_image_costs_nothing():
    for options in ({}, {"stride": 3, "ceil_mode": True}, {"padding": 1}):
        large, small = (fc.chosen("avg_pool2d", (1, 1, size, 8), 2, **options) for size in (10**9, 100))
        assert large == small


def test_double_precision_has_half_the_lanes():
    assert fc.chosen("conv2d", (1, 3, 9, 9), (8, 3, 3, 3), dtype=np.float64)["forward"].algorithm


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        (
            ("conv3d",),
            {},
            ValueError,
            "chosen: operation: got 'conv3d', needs one of 'conv1d', 'conv2d', 'conv_tr",
        ),
        ((3,), {}, TypeError, "chosen: operation: got int, needs one of"),
        (
            ("conv2d", np.ones((1, 3, 8, 8)), (4, 3, 3, 3)),
            {},
            TypeError,
            "chosen: shapes: got an array, needs a",
        ),
        (("linear", (2, 3), (4, 5)), {}, ValueError, "chosen: weight_shape: got (4, 5), needs (out, 3)"),
        (("max_pool2d", (1, 3, 8, 8), 9), {}, ValueError, "max_pool2d: input: got height 8"),
        (("avg_pool2d", (8, 8), 2), {}, ValueError, "avg_pool2d: input: got shape (8, 8)"),
        (("conv2d", (1, 3, 8, 8)), {}, TypeError, "chosen: conv2d: missing a required argument"),
        (
            ("conv2d", (1, 3, 8, 8), (4, 3, 3, 3)),
            {"strides": 2},
            TypeError,
            "chosen: conv2d: got an unexpected",
        ),
        (("conv2d", (1, 3, 8, 8), (4, 2, 3, 3)), {}, ValueError, "conv2d: weight: got shape"),
        (("conv2d", "images", (4, 2, 3, 3)), {}, TypeError, "chosen: input_shape: got"),
        (("conv2d", (1, 3, 8, 8), (4, 3, 3, 3)), {"dtype": "int8"}, TypeError, "chosen: dtype: got"),
    ],
)
def test_bad_questions_have_clear_answers(arguments, options, error, says):
    with pytest.raises(error) as caught:
        fc.chosen(*arguments, **options)
    assert str(caught.value).startswith(says)
