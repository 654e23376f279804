"""Losses on logits and their gradients: sums in float64, in an order that depends on shapes alone.

Exponentials are of the type of the logits: each is within 2 units of the last place, and so is their sum.
"""

import math
from functools import lru_cache

import numpy as np

from .engine.geometry import Geometry, vector
from .engine.jit import inline, kernel
from .engine.machine import lanes
from .memory.buffers import CHUNK, constant, empty, empty_like, failed, flat_like, of_jobs, plain, scalar
from .reduce import peak, power
from .simd import below, cast, exp, full, log1p, magnitude, read, select, total, write

ROWS = 64
"""Samples of a chunk: their losses are summed one after another, then the chunks' sums in order."""
SAMPLE, CLASS = 5000.0, 80.0
"""Work of one sample, whose maximum, sum and logarithm depend on each other, and of each of its classes."""
_NO_LABELS = np.empty(0, np.int64)
_DOUBLE, _INT = np.dtype(np.float64), np.dtype(np.int64)


@lru_cache(maxsize=16)
def _geometry(reduced, dtype):
    """The geometry of elementwise losses, in vectors of float64; `reduced`: the kernel sums them."""
    return Geometry(lanes=lanes(np.float64), reduced=int(reduced))


def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """l[m] = - sum over c of v[m, c] * log softmax(x[m])[c], v the weighted, smoothed target.

    input (M, C), target int64 (M,) or probabilities (M, C), weight (C,), to a scalar or, "none", (M,). None
    where a label is no class.
    """
    samples = _samples(input, target, weight)
    chunks = -(-len(input) // ROWS)
    losses, sums, wrong = empty((len(input),), _DOUBLE), empty((chunks, 2), _DOUBLE), empty((chunks,), _INT)
    _cross_entropy(
        chunks, _work(input), vector(input.dtype), *samples, ignore_index, label_smoothing,
        losses, sums, wrong,
    )  # fmt: skip
    if failed(wrong):
        return None
    if reduction == "none":
        return _rounded(losses, input.dtype)
    return _reduced(sums, reduction, input.dtype)


def cross_entropy_input(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """dx[m, c] = (softmax(x[m])[c] * sum over k of v[m, k] - v[m, c]) / divisor of the mean.

    (M, C); 0 where the divisor is 0, None where a label is no class.
    """
    grad_input, wrong = empty(input.shape, input.dtype), empty((len(input),), _INT)
    _cross_entropy_input(
        len(input), _work(input), vector(input.dtype), *_samples(input, target, weight),
        ignore_index, label_smoothing, reduction == "mean", grad_input, wrong,
    )  # fmt: skip
    return None if failed(wrong) else grad_input


def _work(input):
    return SAMPLE * len(input) + CLASS * input.size


def _samples(input, target, weight):
    """x, labels, probabilities, weight: labels or probabilities, whichever is not given, have no elements."""
    ones, no_probabilities = _defaults(input.shape[1], input.dtype)
    weight = ones if weight is None else plain(weight)
    if target.ndim == 1:
        return plain(input), plain(target), no_probabilities, weight
    return plain(input), _NO_LABELS, plain(target), weight


@lru_cache(maxsize=64)
def _defaults(classes, dtype):
    """What a kernel reads where these are not given: weights of one, probabilities without elements."""
    return constant(np.ones(classes, dtype)), np.empty((0, 0), dtype)


def _reduced(sums, reduction, dtype):
    """The loss as a NumPy scalar, from each chunk's sum of losses and its share of the mean's divisor."""
    result = empty((1,), dtype)
    _reduce(1, 8.0 * sums.size, vector(dtype), sums, reduction == "mean", result)
    return scalar(result)


@kernel
def _reduce(g, sums, mean, result, first, last):
    """result[0] = sum of sums[:, 0], divided by the sum of sums[:, 1] if `mean`; NaN where that is 0

    sums (chunks, 2) float64, result (1,). One job.
    """
    loss, divisor = 0.0, 0.0
    for chunk in range(sums.shape[0]):
        loss += sums[chunk, 0]
        divisor += sums[chunk, 1]
    if mean:
        loss = loss / divisor if divisor != 0 else math.nan
    result[0] = loss


def _rounded(losses, dtype):
    with np.errstate(over="ignore"):  # a loss too large for the type is inf
        return losses.astype(dtype, copy=False)


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


def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
    """l = weight * (pos_weight * y * softplus(-x) + (1 - y) * softplus(x)), elementwise."""
    arrays = _elements(input, target, weight, pos_weight)
    losses, sums = _results(input, reduction)
    g = _geometry(reduction != "none", input.dtype)
    _binary_cross_entropy(_chunks(input), 64.0 * input.size, g, *arrays, losses.ravel(), sums)
    return losses if reduction == "none" else _reduced(sums, reduction, input.dtype)


def binary_cross_entropy_with_logits_input(input, target, weight=None, reduction="mean", pos_weight=None):
    """dx = weight * ((1 - y) * sigmoid(x) - pos_weight * y * sigmoid(-x)); "mean" divides by the elements."""
    arrays = _elements(input, target, weight, pos_weight)
    grad_input = empty(input.shape, input.dtype)
    scale = 1.0 / max(1, input.size) if reduction == "mean" else 1.0
    g, line = _geometry(False, input.dtype), grad_input.ravel()
    _binary_cross_entropy_input(_chunks(input), 64.0 * input.size, g, *arrays, scale, line)
    return grad_input


def _elements(input, target, weight, pos_weight):
    """The four arrays flat in C order; a weight that is not given is one element, which serves all."""
    one, _ = _defaults(1, input.dtype)
    weights = (one if w is None else np.broadcast_to(w, input.shape).ravel() for w in (weight, pos_weight))
    return input.ravel(), target.ravel(), *weights


def _chunks(array):
    return -(-array.size // CHUNK)


def _results(input, reduction):
    """Elementwise losses, or of each chunk their sum and their number."""
    if reduction == "none":
        return empty(input.shape, input.dtype), np.empty((0, 2))
    return np.empty(0, input.dtype), empty((_chunks(input), 2), _DOUBLE)


@inline
def _wide(g, x, i, count):
    """Elements of x from i in float64; an array of one element serves all."""
    if x.size == 1:
        return full(np.float64(x[0]), g.lanes)
    return cast(read(x, i, g.lanes, count), np.float64)


@kernel
def _binary_cross_entropy(g, x, y, weight, pos_weight, losses, sums, first, last):
    """l[i] = weight[i] * (pos_weight[i] * y[i] * softplus(-x[i]) + (1 - y[i]) * softplus(x[i]))

    All are flat; a weight may have one element. Overwrites losses[i] or, if `reduced`, sums[chunk] with the
    sum and the number of its losses. A job is a chunk of CHUNK elements; `_chunks` cuts them.
    """
    for chunk in range(first, last):
        end = min((chunk + 1) * CHUNK, x.size)
        acc = full(0.0, g.lanes)
        for i in range(chunk * CHUNK, end, g.lanes):
            count = min(g.lanes, end - i)
            v, t = _wide(g, x, i, count), _wide(g, y, i, count)
            common = log1p(exp(0 - magnitude(v)))
            yes = _wide(g, pos_weight, i, count) * t
            loss = yes * (select(v < 0, 0 - v, 0) + common) + (1 - t) * (select(v > 0, v, 0) + common)
            loss = loss * _wide(g, weight, i, count)
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
    `_chunks` cuts them.
    """
    end = min(last * CHUNK, x.size)
    for i in range(first * CHUNK, end, g.lanes):
        count = min(g.lanes, end - i)
        v, t = _wide(g, x, i, count), _wide(g, y, i, count)
        e = exp(0 - magnitude(v))
        large = 1 / (1 + e)
        small = e * large
        yes, no = select(v >= 0, small, large), select(v >= 0, large, small)
        gradient = (1 - t) * no - _wide(g, pos_weight, i, count) * t * yes
        write(gradient * _wide(g, weight, i, count) * scale, grad_input, i, count)


def mse_loss(input, target, reduction="mean"):
    """l = (x - y)^2, elementwise."""
    losses, sums = np.empty(0, input.dtype), np.empty((0, 2))
    line, model = losses, input
    if reduction == "none":
        losses = empty_like(input)
        line = losses.ravel(order="K")
        if not np.shares_memory(line, losses):  # the input has gaps
            losses = empty(input.shape, input.dtype)
            line = losses.ravel()
        model = losses
    else:
        sums = empty((_chunks(input), 2), _DOUBLE)
    x, y = flat_like(input, model), flat_like(target, model)
    g = _geometry(reduction != "none", input.dtype)
    _squares(_chunks(input), 16.0 * x.size, g, x, y, line, sums)
    return losses if reduction == "none" else _reduced(sums, reduction, input.dtype)


@kernel
def _squares(g, x, y, losses, sums, first, last):
    """l[i] = (x[i] - y[i])^2

    All are flat. Overwrites losses[i] or, if `reduced`, sums[chunk] with the sum and the number of its
    losses. A job is a chunk of CHUNK elements; `_chunks` cuts them.
    """
    for chunk in range(first, last):
        end = min((chunk + 1) * CHUNK, x.size)
        acc = full(0.0, g.lanes)
        for i in range(chunk * CHUNK, end, g.lanes):
            count = min(g.lanes, end - i)
            difference = cast(read(x, i, g.lanes, count), np.float64) - cast(
                read(y, i, g.lanes, count), np.float64
            )
            if g.reduced:
                acc = acc + difference * difference
            else:
                write(difference * difference, losses, i, count)
        if g.reduced:
            sums[chunk, 0], sums[chunk, 1] = total(acc), end - chunk * CHUNK


def mse_loss_input(input, target, reduction="mean"):
    """dx = 2 * (x - y); "mean" divides by the number of elements."""
    grad_input = empty(input.shape, input.dtype)
    scale = 2.0 / max(1, input.size) if reduction == "mean" else 2.0
    x, y = input.ravel(), target.ravel()
    line = grad_input.ravel()
    _differences(_chunks(input), 16.0 * x.size, vector(x.dtype), x, y, scale, line)
    return grad_input


@kernel
def _differences(g, x, y, scale, grad_input, first, last):
    """grad_input[i] = scale * (x[i] - y[i])

    All are flat. Overwrites grad_input. A job is a chunk of CHUNK elements; `_chunks` cuts them.
    """
    x, y, grad_input = of_jobs(x, first, last), of_jobs(y, first, last), of_jobs(grad_input, first, last)
    for i in range(x.size):
        grad_input[i] = (np.float64(x[i]) - np.float64(y[i])) * scale
