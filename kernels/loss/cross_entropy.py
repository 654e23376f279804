"""Cross-entropy of logits.

Exponentials are of the type of the logits: each is within 2 units of the last place, and so is their sum.
"""

import math

import numpy as np

from ..engine.geometry import vector
from ..engine.jit import inline, kernel
from ..memory.buffers import empty, failed, plain
from ..reduce import peak, power
from ..simd import below, cast, full, read, select, total, write
from .sums import DOUBLE, INT, ROWS, defaults, reduced, rounded

SAMPLE, CLASS = 5000.0, 80.0
"""Work of one sample, whose maximum, sum and logarithm depend on each other, and of each of its classes."""
_NO_LABELS = np.empty(0, np.int64)


def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """l[m] = - sum over c of v[m, c] * log softmax(x[m])[c], v the weighted, smoothed target.

    input (M, C), target int64 (M,) or probabilities (M, C), weight (C,), to a scalar or, "none", (M,). None
    where a label is no class.
    """
    samples = _samples(input, target, weight)
    chunks = -(-len(input) // ROWS)
    losses, sums, wrong = empty((len(input),), DOUBLE), empty((chunks, 2), DOUBLE), empty((chunks,), INT)
    _cross_entropy(
        chunks, _work(input), vector(input.dtype), *samples, ignore_index, label_smoothing,
        losses, sums, wrong,
    )  # fmt: skip
    if failed(wrong):
        return None
    if reduction == "none":
        return rounded(losses, input.dtype)
    return reduced(sums, reduction, input.dtype)


def cross_entropy_input(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """dx[m, c] = (softmax(x[m])[c] * sum over k of v[m, k] - v[m, c]) / divisor of the mean.

    (M, C); 0 where the divisor is 0, None where a label is no class.
    """
    grad_input, wrong = empty(input.shape, input.dtype), empty((len(input),), INT)
    _cross_entropy_input(
        len(input), _work(input), vector(input.dtype), *_samples(input, target, weight),
        ignore_index, label_smoothing, reduction == "mean", grad_input, wrong,
    )  # fmt: skip
    return None if failed(wrong) else grad_input


def _work(input):
    return SAMPLE * len(input) + CLASS * input.size


def _samples(input, target, weight):
    """x, labels, probabilities, weight: labels or probabilities, whichever is not given, have no elements."""
    ones, no_probabilities = defaults(input.shape[1], input.dtype)
    weight = ones if weight is None else plain(weight)
    if target.ndim == 1:
        return plain(input), plain(target), no_probabilities, weight
    return plain(input), _NO_LABELS, plain(target), weight


@inline
def _weights(g, labels, probabilities, weight, smoothing, m, i, count):
    """v[m, c] = weight[c] * ((1 - smoothing) * t[m, c] + smoothing / C) for `count` classes from c = i."""
    if labels.size:
        one, none = full(1.0, g.lanes), full(0.0, g.lanes)
        here = labels[m] - i
        t = select(below(here + 1, g.lanes), one, none) - select(below(here, g.lanes), one, none)
    else:
        t = cast(read(probabilities, m * weight.size + i, g.lanes, count), np.float64)
    w = cast(read(weight, i, g.lanes, count), np.float64)
    return w * ((1.0 - smoothing) * t + smoothing / weight.size)


@inline
def _shifted(g, x, at, count, most):
    return read(x, at, g.lanes, count) - most


@inline
def _log_sum(g, x, at, length):
    """max x and log sum exp(x - max x)"""
    most, whole = peak(g, x, at, length), length - length % g.lanes
    acc = full(0.0, g.lanes)
    for i in range(at, at + whole, g.lanes):
        acc = acc + cast(power(g, x, i, g.lanes, most), np.float64)
    if whole < length:
        acc = acc + cast(power(g, x, at + whole, length - whole, most), np.float64)
    return most, math.log(total(acc))


@inline
def _powers(g, x, at, length, y):
    """max x and sum exp(x - max x); each exp(x - max x) into y"""
    most, whole = peak(g, x, at, length), length - length % g.lanes
    acc = full(0.0, g.lanes)
    for i in range(at, at + whole, g.lanes):
        e = power(g, x, i, g.lanes, most)
        write(e, y, i, g.lanes)
        acc = acc + cast(e, np.float64)
    if whole < length:
        e = power(g, x, at + whole, length - whole, most)
        write(e, y, at + whole, length - whole)
        acc = acc + cast(e, np.float64)
    return most, total(acc)


@kernel
def _cross_entropy(
    g, x, labels, probabilities, weight, ignore_index, smoothing, losses, sums, wrong, first, last
):  # fmt: skip
    """losses[m] = - sum over c of v[m, c] * log softmax(x[m])[c]; v as in `_weights`

    x (M, C); labels (M,) or none; probabilities (M, C) or none; weight (C,). losses (M,), sums (chunks, 2)
    and wrong (chunks,) are overwritten: sums[chunk] is the sum of its losses and its share of the mean's
    divisor, wrong[chunk] is 1 where a label is no class. A job is ROWS samples; `cross_entropy` cuts.
    """
    length = x.shape[1]
    for chunk in range(first, last):
        total_loss, divisor = 0.0, 0.0
        wrong[chunk] = 0
        for m in range(chunk * ROWS, min((chunk + 1) * ROWS, x.shape[0])):
            losses[m] = 0.0
            if labels.size and labels[m] == ignore_index:
                continue
            if labels.size and not 0 <= labels[m] < length:
                wrong[chunk] = 1
                continue
            most, shift = _log_sum(g, x, m * length, length)
            counts = np.float64(weight[labels[m]]) if labels.size else 1.0
            if labels.size and smoothing == 0:
                if counts != 0:
                    losses[m] = -counts * (np.float64(x[m, labels[m]]) - most - shift)
            else:
                acc = full(0.0, g.lanes)
                for i in range(0, length, g.lanes):
                    count = min(g.lanes, length - i)
                    v = _weights(g, labels, probabilities, weight, smoothing, m, i, count)
                    log = cast(_shifted(g, x, m * length + i, count, most), np.float64) - shift
                    acc = acc + select(v != 0, v * log, 0)
                losses[m] = -total(acc)
            total_loss += losses[m]
            divisor += counts
        sums[chunk, 0], sums[chunk, 1] = total_loss, divisor


@kernel
def _cross_entropy_input(
    g, x, labels, probabilities, weight, ignore_index, smoothing, mean, grad_input, wrong, first, last
):
    """grad_input[m, c] = (softmax(x[m])[c] * sum over k of v[m, k] - v[m, c]) / divisor; v as in `_weights`

    Operands as in `_cross_entropy`; the divisor is 1 unless `mean`. grad_input (M, C) is overwritten, with 0
    where a label is ignored, and wrong (M,) with 1 where one is no class. A job is one sample.
    """
    length, divisor = x.shape[1], 1.0
    if mean:
        divisor = float(probabilities.shape[0])
        for label in labels:
            if label != ignore_index and 0 <= label < length:
                divisor += weight[label]
    for m in range(first, last):
        at = m * length
        wrong[m] = 0
        if labels.size and labels[m] == ignore_index:
            grad_input[m] = 0
            continue
        if labels.size and not 0 <= labels[m] < length:
            wrong[m] = 1
            continue
        most, sum_of_powers = _powers(g, x, at, length, grad_input)
        scale = 1.0 / divisor if divisor != 0 else 0.0
        by_label = labels.size > 0 and smoothing == 0
        if by_label:
            sum_of_weights = np.float64(weight[labels[m]])
        else:
            acc = full(0.0, g.lanes)
            for i in range(0, length, g.lanes):
                count = min(g.lanes, length - i)
                acc = acc + _weights(g, labels, probabilities, weight, smoothing, m, i, count)
            sum_of_weights = total(acc)
        for i in range(0, length, g.lanes):
            count = min(g.lanes, length - i)
            power = read(grad_input, at + i, g.lanes, count)
            if by_label:
                write(power * (sum_of_weights * scale / sum_of_powers), grad_input, at + i, count)
            else:
                v = _weights(g, labels, probabilities, weight, smoothing, m, i, count)
                expected = cast(power, np.float64) * (sum_of_weights / sum_of_powers)
                write((expected - v) * scale, grad_input, at + i, count)
        if by_label:
            c = labels[m]
            probability = math.exp(np.float64(x[m, c]) - most) / sum_of_powers
            grad_input[m, c] = (probability - 1.0) * sum_of_weights * scale
