"""conv2d and its input gradient: both are convolutions, and shapes choose among the algorithms."""

import itertools
from functools import lru_cache

import numpy as np

from fastconv.geometry import axes

from ..memory.buffers import channels_last, constant, empty_channels_last, plain, set_zero
from . import channel_lanes, depthwise, direct, pixel_lanes, pointwise, scatter, winograd
from .pack import Source
from .phases import phases
from .plan import Convolution, Place

FULL = 2 / 3
"""Share of lanes that a scatter has to fill to be faster than a convolution whose lanes are all filled."""


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1, relu=False):
    """y[n, k, p, q] = bias[k] + sum of x[n, c, p * stride + r * dilation - top, ...] * w[k, c, r, s]

    input (N, C, H, W), weight (K, C / groups, kH, kW), bias (K,) to (N, K, P, Q), channels-last. With `relu`,
    max(y, 0), where y is stored.
    """
    if pointwise.fits(input.shape, weight.shape, stride, padding, dilation, groups):
        return pointwise.conv2d(input, weight, bias, relu)
    plan, source, size, zeros = _forward_plan(
        input.shape, weight.shape, stride, padding, dilation, groups, relu, input.dtype,
        winograd.enabled(),
    )  # fmt: skip
    line, output = empty_channels_last(size, input.dtype)
    if line.size:
        bias = zeros if bias is None else plain(bias)
        plan.run(channels_last(input), weight.ravel(), source, bias, line, size[0])
    return output


@lru_cache(maxsize=1024)
def _forward_plan(size, weight_shape, stride, padding, dilation, groups, relu, dtype, fast):
    """The plan, the source of its filters, the size of the output, and no bias."""
    height, width = axes(size, weight_shape, stride, padding, dilation)
    filters, channels, taps = weight_shape[0], weight_shape[1], weight_shape[2] * weight_shape[3]
    area, row = height.outputs * width.outputs, channels * taps
    place = Place(0, area * filters, width.outputs * filters, filters)
    k = filters // groups
    starts, steps = constant(np.arange(taps)), constant(np.full(taps, taps))
    source = Source(k * row, row, taps, channels, taps, starts, steps)
    plan = _plan(size[0], height, width, channels, k, groups, place, relu, dtype, fast)
    zeros = constant(np.zeros(filters, dtype))
    return plan, source, (size[0], filters, height.outputs, width.outputs), zeros


def _plan(
    images, height, width, channels, filters, groups, place, relu, dtype, fast, whole=True, vectors=None
):
    """The plan of the fastest algorithm, with so many vectors to a panel if these are given.

    `whole`: it has all taps of the filters. Plans that share them are packed together: what is chosen for
    these depends on nothing in which they differ.
    """
    if depthwise.fits(channels, filters, groups):
        return depthwise.plan(height, width, groups, place, relu, dtype)
    if channel_lanes.fits(channels, filters, groups, dtype):
        return channel_lanes.plan(height, width, channels, filters, place, relu, dtype)
    if whole and place.pixel == filters and pixel_lanes.fits(height, width, channels, filters, groups, dtype):
        return pixel_lanes.plan(height, width, channels, filters, place, relu, dtype)
    if whole and fast and winograd.wins(images, height, width, channels, filters, groups, dtype):
        return winograd.plan(images, height, width, channels, filters, place, relu, dtype)
    return direct.plan(height, width, channels, filters, groups, place, relu, dtype, vectors)


def conv2d_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """dx[n, c, i, j] = sum of dy[n, k, p, q] * w[k, c, r, s] where i = p * stride + r * dilation - top, ...

    For each remainder of i and j modulo the stride, a convolution of dy with the flipped taps that reach it.
    input_size (N, C, H, W), weight (K, C / groups, kH, kW), grad_output (N, K, P, Q) to (N, C, H, W),
    channels-last.
    """
    size, images, dtype = tuple(input_size), input_size[0], grad_output.dtype
    if pointwise.fits(size, weight.shape, stride, padding, dilation, groups):
        return pointwise.conv2d_input(weight, grad_output)
    target, grad_input = empty_channels_last(size, dtype)
    if target.size == 0:
        return grad_input
    geometry = size, weight.shape, stride, padding, dilation, groups, dtype
    source = channels_last(grad_output)
    scattered = _scatter_plan(*geometry)
    if scattered:
        scattered.run(source, weight, target, images)
        return grad_input
    plans, source_of_filters, complete, bias = _input_plans(*geometry, winograd.enabled())
    if not complete:
        set_zero(target)
    filters = weight.ravel()
    if len(plans) == 1:
        plans[0].run(source, filters, source_of_filters, bias, target, images)
    elif plans:
        packed, first = plans[0].pack(filters, source_of_filters), 0
        for plan in plans:
            plan.convolve(source, packed[first : first + plan.packed_size], bias, target, images)
            first += plan.packed_size
    return grad_input


@lru_cache(maxsize=1024)
def _scatter_plan(size, weight_shape, stride, padding, dilation, groups, dtype):
    """The plan for few channels, or None."""
    height, width = axes(size, weight_shape, stride, padding, dilation)
    filters, channels = weight_shape[:2]
    if not scatter.fits(width, channels, groups, dtype):
        return None
    gather = height.stride == width.stride == 1 and channel_lanes.fits(filters, channels, groups, dtype)
    if gather and scatter.filled(height, width, channels, dtype) < FULL:
        return None
    return scatter.plan(height, width, channels, filters, dtype)


@lru_cache(maxsize=1024)
def _input_plans(size, weight_shape, stride, padding, dilation, groups, dtype, fast):
    """Plans of the phases, the source of their filters, whether all is reached, and no bias."""
    height, width = axes(size, weight_shape, stride, padding, dilation)
    filters, c, kh, kw = weight_shape
    k, row = filters // groups, width.size * c * groups
    every = list(itertools.product(phases(height), phases(width)))
    reached = [(h, w) for h, w in every if h and w]
    starts, steps = np.full((2, kh, kw), -1)
    plans, first, vectors = list[Convolution](), 0, None
    for h, w in reached:
        place = Place(
            h.offset * row + w.offset * c * groups, height.size * row, height.stride * row,
            width.stride * c * groups,
        )  # fmt: skip
        taps = h.axis.taps * w.axis.taps
        plan = _plan(
            size[0], h.axis, w.axis, k, c, groups, place, False, dtype, fast, taps == kh * kw, vectors
        )  # fmt: skip
        g = plan.geometry
        flipped = np.arange(taps).reshape(h.axis.taps, w.axis.taps)[::-1, ::-1]
        here = slice(h.last % h.step, h.last + 1, h.step), slice(w.last % w.step, w.last + 1, w.step)
        starts[here], steps[here] = first * g.panels + flipped, taps
        plans.append(plan)
        first, vectors = first + taps, g.vectors
    tables = constant(starts.ravel()), constant(steps.ravel())
    source = Source(k * c * kh * kw, kh * kw, c * kh * kw, 1, first, *tables)
    return plans, source, len(reached) == len(every), constant(np.zeros(c * groups, dtype))
