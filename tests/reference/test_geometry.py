import numpy as np
import pytest

from fastconv.reference.geometry import pair, reach, sides, taps, window_count


def test_one_value_is_spread_over_both_axes():
    assert pair(3) == (3, 3)
    assert pair((2, 5)) == (2, 5)


@pytest.mark.parametrize(
    ("padding", "expected"),
    [(1, ((1, 1), (1, 1))), ((1, 2), ((1, 1), (2, 2))), (((1, 2), (3, 4)), ((1, 2), (3, 4)))],
)
def test_padding_is_spread_over_four_sides(padding, expected):
    assert sides(padding) == expected


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("size", [5, 6, 7])
def test_windows_are_those_that_fit(size, kernel, dilation, stride):
    fitting = [start for start in range(0, size, stride) if start + (kernel - 1) * dilation < size]
    assert window_count(size, kernel, stride, dilation) == len(fitting)
    assert reach(len(fitting), kernel, stride, dilation) == fitting[-1] + (kernel - 1) * dilation + 1


def test_a_tap_meets_one_pixel_of_every_window():
    image = np.arange(7 * 8).reshape(7, 8)
    walked = list(taps((2, 3), stride=(2, 1), dilation=(3, 2), output=(2, 4)))
    assert [(r, s) for r, s, _ in walked] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    for r, s, index in walked:
        expected = [[image[p * 2 + r * 3, q + s * 2] for q in range(4)] for p in range(2)]
        np.testing.assert_array_equal(image[index], expected)
