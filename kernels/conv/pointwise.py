"""A 1x1 convolution of few pixels is a dense layer whose samples are the pixels.

    y[(n, p, q), k] = bias[k] + sum over c of x[(n, p, q), c] * w[k, c]

All other ways pack the filters and sum along the rows of an image. Where many filters of many channels meet
few pixels, as in the last layers of a network, the packing takes longer than the sums; and a row of one pixel
fills no tile.
"""

from functools import lru_cache

from fastconv.geometry import axes

from ..activation import relu as positive
from ..dense import linear, linear_input, linear_weight
from ..memory.buffers import channels_last

PIXELS = 256
"""Most pixels of all images, if an image has more than one."""
FILTERS = 8192
"""Least elements of the filters then."""


@lru_cache(maxsize=1024)
def fits(size, weight_size, stride, padding, dilation, groups):
    """Whether a convolution of these sizes is a dense layer, and faster as one."""
    along = axes(size, weight_size, stride, padding, dilation)
    images, (filters, channels) = size[0], weight_size[:2]
    area = along[0].size * along[1].size
    worth = images * area <= PIXELS and filters * channels >= FILTERS
    unmoved = all(a.taps == a.stride == 1 and a.before == a.after == 0 for a in along)
    return unmoved and groups == 1 and (area == 1 or worth)


def conv2d(input, weight, bias, relu):
    """The forward pass, see `forward`."""
    y = linear(_pixels(input), weight.reshape(weight.shape[:2]), bias)
    return _images(positive(y) if relu else y, input)


def conv2d_input(weight, grad_output):
    """The input gradient, see `forward`."""
    return _images(linear_input(weight.reshape(weight.shape[:2]), _pixels(grad_output)), grad_output)


def conv2d_weight(input, grad_output):
    """The weight gradient, see `gradient`."""
    grad_weight = linear_weight(_pixels(input), _pixels(grad_output))
    return grad_weight.reshape(*grad_weight.shape, 1, 1)


def _pixels(array):
    """An (N, C, H, W) array as (N * H * W, C)."""
    return channels_last(array).reshape(-1, array.shape[1])


def _images(matrix, like):
    """(N * H * W, C) as (N, C, H, W), of so many images as `like`."""
    n, _, h, w = like.shape
    return matrix.reshape(n, h, w, matrix.shape[1]).transpose(0, 3, 1, 2)
