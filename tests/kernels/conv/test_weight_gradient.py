"""The weight and bias gradients as functions: of no images, of any layout, of many pixels."""

import numpy as np
import pytest

from fastconv import reference
from fastconv.kernels.conv.weight_gradient import conv2d_bias, conv2d_weight
from tests.kernels.conv.cases import LAYOUTS, integers

SHAPES = [(0, 4, 3, 4), (3, 5, 4, 6), (1, 33, 1, 1), (2, 1, 40, 31), (4, 64, 12, 12)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("groups", [1, 2])
def test_of_no_images_it_is_zero(groups, dtype):
    x, dy = np.zeros((0, 6, 7, 8), dtype), np.zeros((0, 4, 3, 4), dtype)
    dw = conv2d_weight(x, (4, 6 // groups, 3, 3), dy, stride=2, padding=((0, 0), (1, 0)), groups=groups)
    assert (dw.shape, dw.dtype) == ((4, 6 // groups, 3, 3), dtype)
    assert not dw.any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_bias_gradient_is_the_sum_of_all_pixels(shape, dtype):
    dy = integers(np.random.default_rng(0), shape, dtype)
    for layout in LAYOUTS:
        db = conv2d_bias(layout(dy))
        assert (db.shape, db.dtype) == (shape[1:2], dtype)
        np.testing.assert_array_equal(db, reference.conv2d_bias(dy))
