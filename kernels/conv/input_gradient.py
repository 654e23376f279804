"""The input gradient of a convolution: a row of the table says how it is computed."""

from functools import lru_cache

import numpy as np

from ..memory.buffers import channels_last, constant, empty_channels_last, plain, set_zero
from . import winograd
from .bias import add_bias
from .pack import Source
from .plan import Packed, Place
from .problem import Problem, problem
from .table import CONVOLUTION, INPUT, choose, choose_input


def conv2d_input(input_size, weight, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """dx[n, c, i, j] = sum of dy[n, k, p, q] * w[k, c, r, s] where i = p * stride + r * dilation - top, ...

    input_size (N, C, H, W), weight (K, C / groups, kH, kW), grad_output (N, K, P, Q) to (N, C, H, W),
    channels-last.
    """
    shapes = tuple(input_size), weight.shape, stride, padding, dilation, groups, grad_output.dtype
    return input_gradient(*shapes, winograd.enabled())(weight, grad_output, None)


@lru_cache(maxsize=1024)
def input_gradient(size, weight_size, stride, padding, dilation, groups, dtype, fast):
    """What computes the gradient: a function of weight, output gradient, and what is added to each pixel."""
    p = problem(size, weight_size, stride, padding, dilation, groups, dtype, fast)
    row = choose_input(p)
    return _then_bias(row.plans[INPUT](p)) if row else _convolutions(p, size)


def _then_bias(compute):
    """The same of a function of weight and output gradient alone."""

    def run(weight, grad_output, bias):
        grad_input = compute(weight, grad_output)
        if bias is not None:
            add_bias(channels_last(grad_input), plain(bias))
        return grad_input

    return run


def _convolutions(p: Problem, size):
    """For each remainder of i and j modulo the stride a convolution of dy, with the flipped taps that reach.

    The filters of all of them are packed at once: a panel has the taps of the first one, then of the next.
    """
    pixel = p.channels * p.groups
    row = p.width.size * pixel
    plans, first, vectors = list[Packed](), 0, None
    starts, steps = np.full((2, p.height.taps, p.width.taps), -1)
    pairs = p.pairs
    reached = [(h, w) for h, w in pairs if h and w]
    for h, w in reached:
        strides = p.height.size * row, p.height.stride * row, p.width.stride * pixel
        place, phase = Place(h.offset * row + w.offset * pixel, *strides), p.phase(h, w)
        plan = choose(CONVOLUTION, phase).plans[CONVOLUTION](phase.any_batch, place, False, vectors)
        taps = h.axis.taps * w.axis.taps
        flipped = np.arange(taps).reshape(h.axis.taps, w.axis.taps)[::-1, ::-1]
        here = slice(h.last % h.step, h.last + 1, h.step), slice(w.last % w.step, w.last + 1, w.step)
        starts[here], steps[here] = first * plan.geometry.panels + flipped, taps
        plans.append(plan)
        first, vectors = first + taps, plan.geometry.vectors
    every = p.height.taps * p.width.taps
    source = Source(
        p.filters * p.channels * every, every, p.channels * every, 1, first,
        constant(starts.ravel()), constant(steps.ravel()),
    )  # fmt: skip
    complete = len(reached) == len(pairs)
    no_bias = constant(np.zeros(pixel, p.dtype))

    def run(weight, grad_output, bias):
        target, grad_input = empty_channels_last(size, p.dtype)
        if target.size == 0:
            return grad_input
        dy, filters = channels_last(grad_output), weight.ravel()
        start = plain(bias) if complete and bias is not None else no_bias
        if not complete:
            set_zero(target)
        if len(plans) == 1:
            plans[0].run(dy, filters, source, start, target, p.images)
        elif plans:
            packed, at = plans[0].pack(filters, source), 0
            for plan in plans:
                plan.convolve(dy, packed[at : at + plan.packed_size], start, target, p.images, start)
                at += plan.packed_size
        if not complete and bias is not None:
            add_bias(target, plain(bias))
        return grad_input

    return run
