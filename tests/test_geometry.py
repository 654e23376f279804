"""The sizes of sliding windows, counted one by one and by the twins."""

import pytest

from fastconv import geometry, reference
from fastconv.geometry import Axis, axes


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("taps", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 5, 6, 7])
@pytest.mark.parametrize("padding", [(0, 0), (1, 0), (1, 2)])
def test_outputs_are_the_windows_that_fit(size, taps, dilation, stride, padding):
    axis = Axis(size, taps, stride, dilation, *padding)
    padded = size + sum(padding)
    fitting = [start for start in range(0, padded, stride) if start + (taps - 1) * dilation < padded]
    assert max(axis.outputs, 0) == len(fitting)
    assert reference.geometry.window_count(padded, taps, stride, dilation) == axis.outputs
    if fitting:
        assert axis.span == fitting[-1] + (taps - 1) * dilation + 1
        assert axis.span == reference.geometry.reach(axis.outputs, taps, stride, dilation)
    if fitting and max(padding) <= taps // 2:  # what poolings allow
        pooled = reference.pool.pooled_size(size, taps, stride, padding, dilation, ceil_mode=True)
        assert pooled == axis.extended().outputs


@pytest.mark.parametrize(
    ("axis", "outputs"),
    [
        (Axis(5, 2, 2, 1, 0, 0), 3),
        (Axis(4, 2, 2, 1, 0, 0), 2),
        (Axis(5, 3, 3, 1, 1, 1), 2),  # a third window would start in the padding
        (Axis(4, 2, 5, 1, 0, 0), 1),
        (Axis(6, 2, 5, 1, 0, 0), 2),
    ],
)
def test_an_extended_axis_ends_with_a_window_that_starts_inside(axis, outputs):
    assert axis.extended().outputs == outputs


@pytest.mark.parametrize(
    ("padding", "expected"),
    [(1, ((1, 1), (1, 1))), ((1, 2), ((1, 1), (2, 2))), (((1, 2), (3, 4)), ((1, 2), (3, 4)))],
)
def test_padding_is_spread_over_four_sides(padding, expected):
    assert geometry.sides(padding) == reference.geometry.sides(padding) == expected


def test_one_value_is_spread_over_both_axes():
    assert geometry.pair(3) == reference.geometry.pair(3) == (3, 3)
    assert axes((2, 3, 8, 9), (4, 3, 2, 3), 1, (1, 0), 2) == (Axis(8, 2, 1, 2, 1, 1), Axis(9, 3, 1, 2, 0, 0))
    assert axes((5, 5), (2, 2), 2, 0, 1, ceil_mode=True)[0].outputs == 3
