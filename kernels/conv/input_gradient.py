"""The input gradient of a convolution: a row of the table says how it is computed."""

from functools import lru_cache

import numpy as np

from ..memory.buffers import channels_last, constant, empty_channels_last, set_zero
from . import winograd
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
    return _input_gradient(*shapes, winograd.enabled())(weight, grad_output)


@lru_cache(maxsize=1024)
def _input_gradient(size, weight_size, stride, padding, dilation, groups, dtype, fast):
    """What computes the gradient: a function of weight and output gradient."""
    p = problem(size, weight_size, stride, padding, dilation, groups, dtype, fast)
    row = choose_input(p)
    return row.plans[INPUT](p) if row else _convolutions(p, size)


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

    def run(weight, grad_output):
        target, grad_input = empty_channels_last(size, p.dtype)
        if target.size == 0:
            return grad_input
        dy, filters = channels_last(grad_output), weight.ravel()
        if not complete:
            set_zero(target)
        if len(plans) == 1:
            plans[0].run(dy, filters, source, no_bias, target, p.images)
        elif plans:
            packed, at = plans[0].pack(filters, source), 0
            for plan in plans:
                plan.convolve(dy, packed[at : at + plan.packed_size], no_bias, target, p.images)
                at += plan.packed_size
        return grad_input

    return run
