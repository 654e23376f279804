"""A convolution as the table of algorithms sees it, and the convolutions that its input gradient is."""

import numpy as np
import pytest

from fastconv.kernels.conv.problem import problem


def asked(images=5, size=(9, 8), taps=(3, 2), stride=1, padding=0, groups=1):
    shape, filters = (images, 6 * groups, *size), (4 * groups, 6, *taps)
    return problem(shape, filters, stride, padding, 1, groups, np.float32, True)


def test_channels_and_filters_are_those_of_one_group():
    p = asked(groups=3)
    assert (p.images, p.channels, p.filters, p.groups) == (5, 6, 4, 3)
    assert p.pixels == 7 * 7
    assert p.whole and p.dense


def test_one_plan_serves_any_number_of_images():
    assert asked(images=1) != asked(images=2)
    assert asked(images=1).any_batch == asked(images=2).any_batch
    assert asked(images=1).any_batch != asked(images=1, size=(9, 9)).any_batch


def test_at_stride_1_the_input_gradient_is_one_convolution_of_the_output_gradient():
    p = asked(padding=((2, 0), (0, 1)))
    back = p.transposed
    assert len(p.pairs) == 1
    assert (back.images, back.channels, back.filters) == (p.images, p.filters, p.channels)
    assert (back.height.size, back.width.size) == (p.height.outputs, p.width.outputs)
    assert (back.height.outputs, back.width.outputs) == (p.height.size, p.width.size)
    assert back.whole and back.dense


@pytest.mark.parametrize(
    ("stride", "taps", "whole", "dense"),
    [
        ((2, 1), (3, 2), False, True),
        ((1, 2), (3, 2), False, False),
        ((2, 1), (1, 2), True, True),  # the other phase has no taps
        ((1, 3), (3, 1), True, False),
    ],
)
def test_a_phase_may_lack_taps_and_neighbours(stride, taps, whole, dense):
    p = asked(stride=stride, taps=taps)
    phases = [p.phase(h, w) for h, w in p.pairs if h and w]
    assert len(p.pairs) == stride[0] * stride[1]
    assert sum(a.height.taps * a.width.taps for a in phases) == taps[0] * taps[1]
    assert sum(a.pixels for a in phases) <= p.height.size * p.width.size
    assert {(a.whole, a.dense) for a in phases} == {(whole, dense)}
    assert p.transposed == phases[0]


def test_where_all_windows_lie_in_the_padding_no_convolution_is_left():
    p = asked(size=(1, 1), taps=(1, 1), stride=2, padding=1)
    assert p.pixels == 4
    assert p.pairs == [(None, None)]
    assert p.transposed is p
