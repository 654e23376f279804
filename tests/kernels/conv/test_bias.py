"""A bias in a pass of its own: whole vectors meet it whatever the number of channels is."""

import numpy as np
import pytest

from fastconv.kernels.conv.bias import add_bias
from fastconv.kernels.engine import machine
from fastconv.kernels.memory.buffers import CHUNK

LANES = machine.lanes(np.float32)


@pytest.mark.parametrize("channels", [1, 3, LANES, LANES + 1, CHUNK + 5])
@pytest.mark.parametrize("pixels", [0, 1, 7, 2 * CHUNK + 3])
def test_every_pixel_gets_the_bias_of_its_channel(channels, pixels):
    pixels = min(pixels, 4 * CHUNK // channels + 3)
    line, bias = (np.arange(n, dtype=np.float32) % 64 for n in (pixels * channels, channels))
    expected = (line.reshape(pixels, channels) + bias).ravel()
    add_bias(line, bias)
    np.testing.assert_array_equal(line, expected)
