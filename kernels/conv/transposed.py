"""Transposed convolution: the input gradient of a convolution, with a bias."""

from functools import lru_cache

from fastconv.geometry import transposed

from . import winograd
from .input_gradient import input_gradient


def conv_transpose2d(
    input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):  # fmt: skip
    """y[n, k, i, j] = bias[k] + sum of x[n, c, p, q] * w[c, k, r, s], i = p * stride + r * dilation - top

    input (N, C, P, Q), weight (C, K / groups, kH, kW), bias (K,) to (N, K, H, W), channels-last, with
    `output_padding` more rows and columns than all taps reach; j likewise.
    """
    shapes = input.shape, weight.shape, stride, padding, output_padding, groups, dilation, input.dtype
    return _transposed(*shapes, winograd.enabled())(weight, input, bias)


@lru_cache(maxsize=1024)
def _transposed(size, weight_size, stride, padding, output_padding, groups, dilation, dtype, fast):
    """What computes it: a function of weight, input and bias."""
    height, width = transposed(size, weight_size, stride, padding, output_padding, dilation)
    output = size[0], weight_size[1] * groups, height.size, width.size
    around = (height.before, height.after), (width.before, width.after)
    return input_gradient(output, weight_size, stride, around, dilation, groups, dtype, fast)
