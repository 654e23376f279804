import numpy as np
import pytest

from fastconv.interop.onnx.reading.operations.interpolation import Axis, Way, matrix, positions


@pytest.mark.parametrize(
    ("coordinates", "expected"),
    [
        ("asymmetric", [0, 0.5, 1, 1.5, 2, 2]),
        ("half_pixel", [0, 0.25, 0.75, 1.25, 1.75, 2]),
        ("align_corners", [0, 0.4, 0.8, 1.2, 1.6, 2]),
        ("tf_half_pixel_for_nn", [0.25, 0.75, 1.25, 1.75, 2, 2]),
    ],
)
def test_where_three_pixels_are_read_for_six(coordinates, expected):
    found = positions(Axis(3, 6, 2.0), Way("linear", coordinates))
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("round_prefer_floor", [0, 0, 1, 1, 2, 2]),
        ("round_prefer_ceil", [0, 1, 1, 2, 2, 2]),
        ("floor", [0, 0, 1, 1, 2, 2]),
        ("ceil", [0, 1, 1, 2, 2, 2]),
    ],
)
def test_the_nearest_pixels(rounding, expected):
    found = positions(Axis(3, 6, 2.0), Way("nearest", "asymmetric", rounding))
    np.testing.assert_array_equal(found, expected)


def test_the_middle_of_one_output():
    assert positions(Axis(4, 1, 0.25), Way("linear", "half_pixel")) == [1.5]
    assert positions(Axis(4, 1, 0.25), Way("linear", "pytorch_half_pixel")) == [0]


def test_linear_weights_by_hand():
    found = matrix(Axis(2, 4, 2.0), Way("linear", "half_pixel"))
    np.testing.assert_allclose(found, [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]])


def test_cubic_weights_by_hand():
    """Half between two pixels of six, far from the ends: (-3, 19, 19, -3) / 32 with a = -3/4."""
    found = matrix(Axis(6, 3, 0.5), Way("cubic", "half_pixel"))
    np.testing.assert_allclose(found[1], np.array([0, -3, 19, 19, -3, 0]) / 32, atol=1e-12)


def test_weights_without_what_lies_outside_add_up():
    found = matrix(Axis(3, 6, 2.0), Way("cubic", "half_pixel", exclude_outside=True))
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_smaller_images_without_aliasing_read_all_pixels():
    found = matrix(Axis(4, 2, 0.5), Way("linear", "half_pixel", antialias=True))
    np.testing.assert_allclose(found, [[0.5, 0.375, 0.125, 0], [0, 0.125, 0.375, 0.5]])
