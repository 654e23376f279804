"""Losses of a distance: its square or its magnitude, or the one near 0 and the other beyond.

With d = x - y all are l = square d^2 where |d| < edge, else slope |d| - offset, in float64.
"""

import math

import numpy as np

from ..engine.jit import kernel
from ..memory.buffers import CHUNK, flat, flat_like, in_one_order, streams
from ..simd import cast, full, magnitude, pour, read, select, total
from .sums import NO_SUMS, chunks, geometry, reduced, results

SQUARED = math.inf, 1.0, math.inf, 0.0
"""(edge, square, slope, offset)"""
ABSOLUTE = -1.0, 0.0, 1.0, 0.0


def mse_loss(input, target, reduction="mean"):
    """l = (x - y)^2, elementwise."""
    return _loss(input, target, reduction, SQUARED)


def mse_loss_input(input, target, reduction="mean"):
    """dx = 2 * (x - y); "mean" divides by the number of elements."""
    return _gradient(input, target, reduction, SQUARED)


def l1_loss(input, target, reduction="mean"):
    """l = |x - y|, elementwise."""
    return _loss(input, target, reduction, ABSOLUTE)


def l1_loss_input(input, target, reduction="mean"):
    """dx = sign(x - y); "mean" divides by the number of elements."""
    return _gradient(input, target, reduction, ABSOLUTE)


def smooth_l1_loss(input, target, reduction="mean", beta=1.0):
    """l = (x - y)^2 / (2 beta) where |x - y| < beta, else |x - y| - beta / 2."""
    return _loss(input, target, reduction, _smooth(beta))


def smooth_l1_loss_input(input, target, reduction="mean", beta=1.0):
    """dx = (x - y) / beta where |x - y| < beta, else sign(x - y); "mean" divides by the elements."""
    return _gradient(input, target, reduction, _smooth(beta))


def huber_loss(input, target, reduction="mean", delta=1.0):
    """l = (x - y)^2 / 2 where |x - y| < delta, else delta (|x - y| - delta / 2)."""
    return _loss(input, target, reduction, _huber(delta))


def huber_loss_input(input, target, reduction="mean", delta=1.0):
    """dx = x - y where |x - y| < delta, else delta sign(x - y); "mean" divides by the elements."""
    return _gradient(input, target, reduction, _huber(delta))


def _smooth(beta):
    return (beta, 0.5 / beta, 1.0, 0.5 * beta) if beta else ABSOLUTE


def _huber(delta):
    return delta, 0.5, delta, 0.5 * delta * delta


def _loss(input, target, reduction, form):
    g = geometry(reduction != "none", input.dtype)
    if reduction == "none":
        losses, line, (x, y) = in_one_order(input, target)
        sums = NO_SUMS
    else:
        losses, sums = results(input, reduction)
        line, x, y = losses, flat(input), flat_like(target, input)
    _distances(chunks(x), 16.0 * x.size, g, x, y, *form, line, streams(line, CHUNK), sums)
    return losses if reduction == "none" else reduced(sums, reduction, input.dtype)


def _gradient(input, target, reduction, form):
    edge, square, slope, _ = form
    scale = 1.0 / max(1, input.size) if reduction == "mean" else 1.0
    result, line, (x, y) = in_one_order(input, target)
    g = geometry(False, input.dtype)
    factors = 2.0 * square * scale, slope * scale
    _differences(chunks(x), 16.0 * x.size, g, x, y, edge, *factors, line, streams(line, CHUNK))
    return result


@kernel
def _distances(g, x, y, edge, square, slope, offset, losses, bypass, sums, first, last):
    """l[i] = square d^2 where |d| < edge, else slope |d| - offset; d = x[i] - y[i]

    All are flat. Overwrites losses[i], past the caches if `bypass`, or, if `reduced`, sums[chunk] with the
    sum and the number of its losses. A job is a chunk of CHUNK elements; `chunks` cuts them.
    """
    for chunk in range(first, last):
        end = min((chunk + 1) * CHUNK, x.size)
        acc = full(0.0, g.lanes)
        for i in range(chunk * CHUNK, end, g.lanes):
            count = min(g.lanes, end - i)
            d = cast(read(x, i, g.lanes, count), np.float64) - cast(read(y, i, g.lanes, count), np.float64)
            size = magnitude(d)
            loss = select(size < edge, d * d * square, size * slope - offset)
            if g.reduced:
                acc = acc + loss
            else:
                pour(loss, losses, i, count, bypass)
        if g.reduced:
            sums[chunk, 0], sums[chunk, 1] = total(acc), end - chunk * CHUNK


@kernel
def _differences(g, x, y, edge, factor, slope, grad_input, bypass, first, last):
    """grad_input[i] = factor d where |d| < edge, else slope sign(d); d = x[i] - y[i], NaN stays NaN

    All are flat. Overwrites grad_input, past the caches if `bypass`. A job is a chunk of CHUNK elements;
    `chunks` cuts them.
    """
    end = min(last * CHUNK, x.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        d = cast(read(x, i, g.lanes, count), np.float64) - cast(read(y, i, g.lanes, count), np.float64)
        beyond = select(d > 0, slope, select(d < 0, -slope, d))
        pour(select(magnitude(d) < edge, d * factor, beyond), grad_input, i, count, bypass)
