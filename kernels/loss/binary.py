"""Binary cross-entropy of logits and of probabilities, element by element in float64."""

import numpy as np

from ..engine.jit import inline, kernel
from ..memory.buffers import CHUNK, empty, failed
from ..simd import below, exp, full, log, log1p, magnitude, select, total, write
from .sums import INT, chunks, defaults, geometry, reduced, results, wide

LEAST = -100.0
"""The smallest logarithm that counts."""


def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
    """l = weight * (pos_weight * y * softplus(-x) + (1 - y) * softplus(x)), elementwise."""
    arrays = _elements(input, target, weight, pos_weight)
    losses, sums = results(input, reduction)
    g = geometry(reduction != "none", input.dtype)
    _binary_cross_entropy(chunks(input), 64.0 * input.size, g, *arrays, losses.ravel(), sums)
    return losses if reduction == "none" else reduced(sums, reduction, input.dtype)


def binary_cross_entropy_with_logits_input(input, target, weight=None, reduction="mean", pos_weight=None):
    """dx = weight * ((1 - y) * sigmoid(x) - pos_weight * y * sigmoid(-x)); "mean" divides by the elements."""
    arrays = _elements(input, target, weight, pos_weight)
    grad_input = empty(input.shape, input.dtype)
    scale = 1.0 / max(1, input.size) if reduction == "mean" else 1.0
    g, line = geometry(False, input.dtype), grad_input.ravel()
    _binary_cross_entropy_input(chunks(input), 64.0 * input.size, g, *arrays, scale, line)
    return grad_input


def _elements(input, target, weight, pos_weight):
    """The four arrays flat in C order; a weight that is not given is one element, which serves all."""
    one, _ = defaults(1, input.dtype)
    weights = (one if w is None else np.broadcast_to(w, input.shape).ravel() for w in (weight, pos_weight))
    return input.ravel(), target.ravel(), *weights


@kernel
def _binary_cross_entropy(g, x, y, weight, pos_weight, losses, sums, first, last):
    """l[i] = weight[i] * (pos_weight[i] * y[i] * softplus(-x[i]) + (1 - y[i]) * softplus(x[i]))

    All are flat; a weight may have one element. Overwrites losses[i] or, if `reduced`, sums[chunk] with the
    sum and the number of its losses. A job is a chunk of CHUNK elements; `chunks` cuts them.
    """
    for chunk in range(first, last):
        end = min((chunk + 1) * CHUNK, x.size)
        acc = full(0.0, g.lanes)
        for i in range(chunk * CHUNK, end, g.lanes):
            count = min(g.lanes, end - i)
            v, t = wide(g, x, i, count), wide(g, y, i, count)
            common = log1p(exp(0 - magnitude(v)))
            yes = wide(g, pos_weight, i, count) * t
            loss = yes * (select(v < 0, 0 - v, 0) + common) + (1 - t) * (select(v > 0, v, 0) + common)
            loss = loss * wide(g, weight, i, count)
            if g.reduced:
                acc = acc + select(below(count, g.lanes), loss, 0)
            else:
                write(loss, losses, i, count)
        if g.reduced:
            sums[chunk, 0], sums[chunk, 1] = total(acc), end - chunk * CHUNK


@kernel
def _binary_cross_entropy_input(g, x, y, weight, pos_weight, scale, grad_input, first, last):
    """dx[i] = scale * weight[i] * ((1 - y[i]) * sigmoid(x[i]) - pos_weight[i] * y[i] * sigmoid(-x[i]))

    All are flat; a weight may have one element. Overwrites grad_input. A job is a chunk of CHUNK elements;
    `chunks` cuts them.
    """
    end = min(last * CHUNK, x.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        v, t = wide(g, x, i, count), wide(g, y, i, count)
        e = exp(0 - magnitude(v))
        large = 1 / (1 + e)
        small = e * large
        yes, no = select(v >= 0, small, large), select(v >= 0, large, small)
        gradient = (1 - t) * no - wide(g, pos_weight, i, count) * t * yes
        write(gradient * wide(g, weight, i, count) * scale, grad_input, i, count)


def binary_cross_entropy(input, target, weight=None, reduction="mean"):
    """l = - weight * (y * log x + (1 - y) * log(1 - x)), logarithms from -100 up, elementwise.

    None where an input or a target is not from 0 to 1.
    """
    x, y, weights, _ = _elements(input, target, weight, None)
    losses, sums = results(input, reduction)
    wrong = empty((chunks(input),), INT)
    g = geometry(reduction != "none", input.dtype)
    _of_probabilities(chunks(input), 64.0 * input.size, g, x, y, weights, losses.ravel(), sums, wrong)
    if failed(wrong):
        return None
    return losses if reduction == "none" else reduced(sums, reduction, input.dtype)


def binary_cross_entropy_input(input, target, weight=None, reduction="mean"):
    """dx = weight * (x - y) / max(x * (1 - x), 1e-12); "mean" divides by the elements."""
    x, y, weights, _ = _elements(input, target, weight, None)
    grad_input = empty(input.shape, input.dtype)
    scale = 1.0 / max(1, input.size) if reduction == "mean" else 1.0
    g, line = geometry(False, input.dtype), grad_input.ravel()
    _of_probabilities_input(chunks(input), 32.0 * input.size, g, x, y, weights, scale, line)
    return grad_input


@inline
def _logarithm(v):
    """log v, from LEAST up; NaN stays NaN"""
    l = log(v)  # noqa: E741
    return select(l < LEAST, LEAST, l)


@inline
def _logarithm_of_rest(v):
    """log(1 - v), from LEAST up; what 1 - v loses in its rounding is added as its share of it"""
    u = 1 - v
    l = log(u) + (1 - u - v) / select(u > 0, u, 1)  # noqa: E741
    return select(l < LEAST, LEAST, l)


@kernel
def _of_probabilities(g, x, y, weight, losses, sums, wrong, first, last):
    """l[i] = - weight[i] * (y[i] * log x[i] + (1 - y[i]) * log(1 - x[i])), logarithms from LEAST up

    All are flat; the weight may have one element. Overwrites losses[i] or, if `reduced`, sums[chunk] with the
    sum and the number of its losses; wrong[chunk] with 1 where an x or y is not from 0 to 1. A job is a chunk
    of CHUNK elements; `chunks` cuts them.
    """
    for chunk in range(first, last):
        end = min((chunk + 1) * CHUNK, x.size)
        acc, beyond = full(0.0, g.lanes), full(0.0, g.lanes)
        for i in range(chunk * CHUNK, end, g.lanes):
            count = min(g.lanes, end - i)
            v, t = wide(g, x, i, count), wide(g, y, i, count)
            outside = (v < 0) | (v > 1) | (t < 0) | (t > 1)
            beyond = beyond + select(outside & below(count, g.lanes), 1.0, full(0.0, g.lanes))
            loss = t * _logarithm(v) + (1 - t) * _logarithm_of_rest(v)
            loss = 0 - loss * wide(g, weight, i, count)
            if g.reduced:
                acc = acc + select(below(count, g.lanes), loss, 0)
            else:
                write(loss, losses, i, count)
        wrong[chunk] = 1 if total(beyond) > 0 else 0
        if g.reduced:
            sums[chunk, 0], sums[chunk, 1] = total(acc), end - chunk * CHUNK


@kernel
def _of_probabilities_input(g, x, y, weight, scale, grad_input, first, last):
    """dx[i] = scale * weight[i] * (x[i] - y[i]) / max(x[i] * (1 - x[i]), 1e-12)

    All are flat; the weight may have one element. Overwrites grad_input. A job is a chunk of CHUNK elements;
    `chunks` cuts them.
    """
    end = min(last * CHUNK, x.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        v, t = wide(g, x, i, count), wide(g, y, i, count)
        spread = v * (1 - v)
        gradient = (v - t) / select(spread < 1e-12, 1e-12, spread)
        write(gradient * wide(g, weight, i, count) * scale, grad_input, i, count)
