"""Sizes along an axis, and the convolutions that make the input gradient of a strided one."""

import numpy as np
import pytest

from fastconv.kernels.shape import Axis, extended, phases


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
    assert extended(axis).outputs == outputs
