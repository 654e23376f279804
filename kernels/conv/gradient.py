"""The weight and bias gradients of a convolution."""

from functools import lru_cache

import numpy as np

from fastconv.geometry import axes

from ..memory.buffers import channels_last
from ..reduce import column_sums
from . import channel_lanes, depthwise, pixel_lanes, pointwise, weight, winograd


def conv2d_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """dw[k, c, r, s] = sum over n, p, q of x[n, c, p * stride + r * dilation - top, ...] * dy[n, k, p, q]

    input (N, C, H, W), weight_size (K, C / groups, kH, kW), grad_output (N, K, P, Q) to weight_size.
    """
    images, dtype = input.shape[0], input.dtype
    if images == 0:
        return np.zeros(weight_size, dtype)
    size = tuple(weight_size)
    if pointwise.fits(input.shape, size, stride, padding, dilation, groups):
        return pointwise.conv2d_weight(input, grad_output)
    plan = _plan(input.shape, size, stride, padding, dilation, groups, dtype, winograd.enabled())
    return plan.run(channels_last(input), channels_last(grad_output), images)


@lru_cache(maxsize=1024)
def _plan(size, weight_size, stride, padding, dilation, groups, dtype, fast):
    """The plan of the fastest algorithm."""
    height, width = axes(size, weight_size, stride, padding, dilation)
    images, channels, filters = size[0], weight_size[1], weight_size[0] // groups
    if depthwise.fits(channels, filters, groups):
        return depthwise.weight_plan(height, width, groups, dtype)
    if channel_lanes.fits(channels, filters, groups, dtype):
        return channel_lanes.weight_plan(height, width, channels, filters, dtype)
    if pixel_lanes.fits(height, width, channels, filters, groups, dtype):
        return pixel_lanes.weight_plan(height, width, channels, filters, dtype)
    if fast and winograd.weight_wins(images, height, width, channels, filters, groups, dtype):
        return winograd.weight_plan(images, height, width, channels, filters, dtype)
    return weight.plan(height, width, channels, filters, groups, dtype)


def conv2d_bias(grad_output):
    """db[k] = sum over n, p, q of dy[n, k, p, q]; grad_output (N, K, P, Q) to (K,)."""
    return column_sums(channels_last(grad_output), grad_output.shape[1])
