"""The weight and bias gradients of a convolution: a row of the table says how the former is computed."""

from functools import lru_cache

import numpy as np

from ..memory.buffers import channels_last
from ..reduce import column_sums
from . import winograd
from .problem import problem
from .table import WEIGHT, choose


def conv2d_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """dw[k, c, r, s] = sum over n, p, q of x[n, c, p * stride + r * dilation - top, ...] * dy[n, k, p, q]

    input (N, C, H, W), weight_size (K, C / groups, kH, kW), grad_output (N, K, P, Q) to weight_size.
    """
    if input.shape[0] == 0:
        return np.zeros(weight_size, input.dtype)
    shapes = input.shape, tuple(weight_size), stride, padding, dilation, groups, input.dtype
    return _weight_gradient(*shapes, winograd.enabled())(input, grad_output)


@lru_cache(maxsize=1024)
def _weight_gradient(size, weight_size, stride, padding, dilation, groups, dtype, fast):
    """What computes the gradient: a function of input and output gradient."""
    p = problem(size, weight_size, stride, padding, dilation, groups, dtype, fast)
    plan = choose(WEIGHT, p).plans[WEIGHT](p.any_batch)

    def run(input, grad_output):
        return plan.run(channels_last(input), channels_last(grad_output), p.images)

    return run


def conv2d_bias(grad_output):
    """db[k] = sum over n, p, q of dy[n, k, p, q]; grad_output (N, K, P, Q) to (K,)."""
    return column_sums(channels_last(grad_output), grad_output.shape[1])
