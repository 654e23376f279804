"""Which algorithm runs, and why, from one call."""

import numpy as np
import pytest

import fastconv as fc
from fastconv.kernels.conv.table import TABLE


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


def test_double_precision_has_half_the_lanes():
    assert fc.chosen("conv2d", (1, 3, 9, 9), (8, 3, 3, 3), dtype=np.float64)["forward"].algorithm


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        (("conv3d",), {}, ValueError, "chosen: operation: got 'conv3d', needs one of 'conv2d', 'linear'"),
        ((3,), {}, ValueError, "chosen: operation: got 3, needs"),
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
