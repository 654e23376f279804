"""The forward pass of a convolution: a row of the table says how it is computed."""

from functools import lru_cache

import numpy as np

from fastconv.geometry import axes

from ..chain import chain, fits
from ..chain.elements import chain_in_place, other_of
from ..chain.lines import lines_of
from ..chain.stages import read_stages
from ..memory.buffers import channels_last, constant, empty_channels_last, plain
from . import winograd
from .pack import Source
from .plan import Place
from .problem import Problem, problem
from .table import CONVOLUTION, FORWARD, choose


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, relu=False, stages=()):
    """y[n, k, p, q] = bias[k] + sum of x[n, c, p * stride + r * dilation - top, ...] * w[k, c, r, s]

    input (N, C, H, W), weight (K, C / groups, kH, kW), bias (K,) to (N, K, P, Q), channels-last. With `relu`,
    max(y, 0), where y is stored; then the operations `stages` (see `chain.chain`), which are done within the
    jobs if they `fit`.
    """
    shapes = input.shape, weight.shape, stride, padding, dilation, groups, relu, input.dtype
    if not stages:
        return _forward(*shapes, winograd.enabled(), ())(input, weight, bias, [])
    size = _output_size(*shapes[:5])
    if not fits(stages, size):
        y = conv2d(input, weight, bias, stride, padding, dilation, groups, relu)
        return chain(y, stages)
    found = read_stages(stages, size)
    forms = tuple(form for form, _ in found)
    return _forward(*shapes, winograd.enabled(), forms)(input, weight, bias, found)


@lru_cache(maxsize=1024)
def _output_size(size, weight_size, stride, padding, dilation):
    height, width = axes(size, weight_size, stride, padding, dilation)
    return size[0], weight_size[0], height.outputs, width.outputs


@lru_cache(maxsize=1024)
def taps_of(p: Problem) -> Source:
    """Where `pack` finds the taps of the filters: all, as they lie."""
    taps = p.height.taps * p.width.taps
    length = p.channels * taps
    places = constant(np.arange(taps)), constant(np.full(taps, taps))
    return Source(p.filters * length, length, taps, p.channels, taps, *places)


@lru_cache(maxsize=1024)
def _forward(size, weight_size, stride, padding, dilation, groups, relu, dtype, fast, forms):
    """What computes the pass: a function of input, weight, bias, and the stages that have these forms."""
    p = problem(size, weight_size, stride, padding, dilation, groups, dtype, fast)
    row = choose(FORWARD, p)
    if FORWARD in row.plans:
        return _then_stages(row.plans[FORWARD](p, relu))
    filters = weight_size[0]
    place = Place(0, p.pixels * filters, p.width.outputs * filters, filters)
    source = taps_of(p)
    plan = row.plans[CONVOLUTION](p.any_batch, place, relu, forms=forms)
    output_size = size[0], filters, p.height.outputs, p.width.outputs
    no_bias = constant(np.zeros(filters, dtype))

    def run(input, weight, bias, stages):
        line, output = empty_channels_last(output_size, dtype)
        if line.size:
            start, other = no_bias if bias is None else plain(bias), None
            if stages:
                start = lines_of(stages, filters, dtype, start)
                other = other_of(stages, start)
            plan.run(channels_last(input), weight.ravel(), source, start, line, size[0], other)
        return output

    return run


def _then_stages(compute):
    """The pass that this function of input, weight and bias computes, and a kernel for the stages."""

    def run(input, weight, bias, stages):
        output = compute(input, weight, bias)
        if stages:
            chain_in_place(output, stages)
        return output

    return run
