"""Worked by hand: the places of maxima, and the gradients that go there."""

import numpy as np

from fastconv import reference

X = np.array([[[[1, 3, 0, -1], [2, 3, -2, -3]]]], np.float64)


def test_the_first_of_equal_maxima_is_the_place():
    y, places = reference.max_pool2d_placed(X, 2)
    np.testing.assert_array_equal(y, [[[[3, 0]]]])
    np.testing.assert_array_equal(places, [[[[1, 0]]]])
    dy = np.array([[[[5, 7]]]], np.float64)
    dx = reference.max_pool2d_placed_input(dy, places, None, X.shape, 2)
    np.testing.assert_array_equal(dx, [[[[0, 5, 7, 0], [0, 0, 0, 0]]]])
    dx = reference.max_pool2d_placed_input(dy, places, y, X.shape, 2)
    np.testing.assert_array_equal(dx, [[[[0, 5, 0, 0], [0, 0, 0, 0]]]])


def test_padding_moves_the_taps():
    _, places = reference.max_pool2d_placed(X, 2, padding=1)
    np.testing.assert_array_equal(places, [[[[3, 2, 2], [1, 0, 0]]]])


def test_a_convolution_with_its_pooling():
    w, b = np.full((1, 1, 1, 1), 2.0), np.array([-2.0])
    y, places = reference.conv2d_pooled(X, w, b)
    np.testing.assert_array_equal(y, [[[[4, 0]]]])
    np.testing.assert_array_equal(places, [[[[1, 4]]]])
    dy = np.array([[[[5, 7]]]], np.float64)
    np.testing.assert_array_equal(reference.conv2d_pooled_weight(X, w.shape, dy, places), [[[[15]]]])
    np.testing.assert_array_equal(reference.conv2d_pooled_bias(dy, places, (2, 4)), [5])
