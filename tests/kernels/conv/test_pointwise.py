"""A 1x1 convolution of few pixels: its pixels are the samples of a dense layer."""

import numpy as np
import pytest

from fastconv import kernels
from tests.kernels.conv.cases import POINTWISE, assert_exact, channels_last


@pytest.mark.parametrize("case", POINTWISE, ids=str)
def test_small_integers_are_exact(case):
    assert_exact(case)


@pytest.mark.parametrize("images", [0, 3])
def test_pixels_are_samples(images):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((images, 96, 4, 5)), rng.standard_normal((98, 96, 1, 1))
    pixels, matrix = channels_last(x).transpose(0, 2, 3, 1).reshape(-1, 96), w[:, :, 0, 0]
    y = kernels.conv2d(x, w, relu=True)
    samples = y.transpose(0, 2, 3, 1).reshape(-1, 98)
    np.testing.assert_array_equal(samples, kernels.relu(kernels.linear(pixels, matrix)))
    assert kernels.conv2d_input(x.shape, w, y).shape == x.shape
    assert kernels.conv2d_weight(x, w.shape, y).shape == w.shape
