"""The forward pass of a convolution: a row of the table says how it is computed."""

from functools import lru_cache

import numpy as np

from ..memory.buffers import channels_last, constant, empty_channels_last, plain
from . import winograd
from .pack import Source
from .plan import Place
from .problem import problem
from .table import CONVOLUTION, FORWARD, choose


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, relu=False):
    """y[n, k, p, q] = bias[k] + sum of x[n, c, p * stride + r * dilation - top, ...] * w[k, c, r, s]

    input (N, C, H, W), weight (K, C / groups, kH, kW), bias (K,) to (N, K, P, Q), channels-last. With `relu`,
    max(y, 0), where y is stored.
    """
    shapes = input.shape, weight.shape, stride, padding, dilation, groups, relu, input.dtype
    return _forward(*shapes, winograd.enabled())(input, weight, bias)


@lru_cache(maxsize=1024)
def _forward(size, weight_size, stride, padding, dilation, groups, relu, dtype, fast):
    """What computes the pass: a function of input, weight and bias."""
    p = problem(size, weight_size, stride, padding, dilation, groups, dtype, fast)
    row = choose(FORWARD, p)
    if FORWARD in row.plans:
        return row.plans[FORWARD](p, relu)
    filters, taps = weight_size[0], p.height.taps * p.width.taps
    length = p.channels * taps
    place = Place(0, p.pixels * filters, p.width.outputs * filters, filters)
    source = Source(
        p.filters * length, length, taps, p.channels, taps,
        constant(np.arange(taps)), constant(np.full(taps, taps)),
    )  # fmt: skip
    plan = row.plans[CONVOLUTION](p.any_batch, place, relu)
    output_size = size[0], filters, p.height.outputs, p.width.outputs
    no_bias = constant(np.zeros(filters, dtype))

    def run(input, weight, bias):
        line, output = empty_channels_last(output_size, dtype)
        if line.size:
            start = no_bias if bias is None else plain(bias)
            plan.run(channels_last(input), weight.ravel(), source, start, line, output_size[0])
        return output

    return run
