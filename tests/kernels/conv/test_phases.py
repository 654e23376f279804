"""The convolutions that make the input gradient of a strided axis."""

import numpy as np
import pytest

from fastconv.geometry import Axis
from fastconv.kernels.conv.phases import phases


@pytest.mark.parametrize("size", [1, 5, 8, 11])
@pytest.mark.parametrize("taps", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("padding", [(0, 0), (1, 2), (4, 0)])
def test_phases_are_the_input_gradient(size, taps, stride, dilation, padding):
    """Along one axis: scattering dy through the taps equals the convolutions of the phases."""
    axis = Axis(size, taps, stride, dilation, *padding)
    if axis.size + sum(padding) < axis.reach:
        return
    rng = np.random.default_rng(0)
    dy, w = rng.integers(-4, 5, axis.outputs), rng.integers(-4, 5, taps)
    expected = np.zeros(size, int)
    for p in range(axis.outputs):
        for r in range(taps):
            i = p * stride + r * dilation - padding[0]
            if 0 <= i < size:
                expected[i] += dy[p] * w[r]
    dx = np.zeros(size, int)
    for phase in phases(axis):
        if phase is None:
            continue
        count = len(range(phase.offset, size, stride))
        assert phase.axis.outputs == count
        for u in range(count):
            for t in range(phase.axis.taps):
                p = u + t * phase.axis.dilation - phase.axis.before
                if 0 <= p < axis.outputs:
                    dx[phase.offset + u * stride] += dy[p] * w[phase.last - t * phase.step]
    np.testing.assert_array_equal(dx, expected)
