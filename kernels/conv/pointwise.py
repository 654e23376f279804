"""A 1x1 convolution of few pixels is a dense layer whose samples are the pixels.

    y[(n, p, q), k] = bias[k] + sum over c of x[(n, p, q), c] * w[k, c]

All other algorithms pack the filters and sum along the rows of an image. Where many filters of many channels
meet few pixels, as in the last layers of a network, the packing takes longer than the sums; and a row of one
pixel fills no tile.
"""

from typing import NamedTuple

import numpy as np

from ..activation import relu as positive
from ..dense import linear, linear_input, linear_weight
from ..memory.buffers import channels_last
from .problem import Problem

PIXELS = 256
"""Most pixels of all images, if an image has more than one."""
FILTERS = 8192
"""Least elements of the filters then."""


def fits(p: Problem) -> bool:
    """Whether a convolution is a dense layer, and faster as one."""
    area = p.height.size * p.width.size
    worth = p.images * area <= PIXELS and p.filters * p.channels >= FILTERS
    unmoved = all(a.taps == a.stride == 1 and a.before == a.after == 0 for a in (p.height, p.width))
    return unmoved and p.groups == 1 and (area == 1 or worth)


def forward(p: Problem, relu: bool):
    """The forward pass, a function of (input, weight, bias)."""
    return _forward_relu if relu else _forward


def input_gradient(p: Problem):
    """The input gradient, a function of (weight, grad_output)."""
    return _input_gradient


class PointwiseWeight(NamedTuple):
    """The weight gradient."""

    channels: int
    filters: int

    def run(self, x: np.ndarray, dy: np.ndarray, images: int) -> np.ndarray:
        """The gradient (K, C, 1, 1), from flat x and dy."""
        gradient = linear_weight(x.reshape(-1, self.channels), dy.reshape(-1, self.filters))
        return gradient.reshape(self.filters, self.channels, 1, 1)


def weight_plan(p: Problem) -> PointwiseWeight:
    """Plan the weight gradient of a convolution that `fits`."""
    return PointwiseWeight(p.channels, p.filters)


def _forward(input, weight, bias):
    return _images(linear(_pixels(input), weight.reshape(weight.shape[:2]), bias), input)


def _forward_relu(input, weight, bias):
    return _images(positive(linear(_pixels(input), weight.reshape(weight.shape[:2]), bias)), input)


def _input_gradient(weight, grad_output):
    return _images(linear_input(weight.reshape(weight.shape[:2]), _pixels(grad_output)), grad_output)


def _pixels(array):
    """An (N, C, H, W) array as (N * H * W, C)."""
    return channels_last(array).reshape(-1, array.shape[1])


def _images(matrix, like):
    """(N * H * W, C) as (N, C, H, W), of so many images as `like`."""
    n, _, h, w = like.shape
    return matrix.reshape(n, h, w, matrix.shape[1]).transpose(0, 3, 1, 2)
