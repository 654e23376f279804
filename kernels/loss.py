"""Losses on logits and their gradients; the reductions run in float64, in the order of the samples."""

import math

import numpy as np

from .buffers import flat_like, plain
from .jit import inline, kernel
from .reduce import peak

CHUNK = 4096


def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """l[m] = - sum over c of v[m, c] * log softmax(x[m])[c], v the weighted, smoothed target.

    input (M, C), target int64 (M,) or probabilities (M, C), weight (C,), to a scalar or, "none", (M,).
    """
    x, labels, probabilities, w = _samples(input, target, weight)
    losses = np.zeros(len(x))
    _cross_entropy(len(x), 24.0 * x.size, x, labels, probabilities, w, ignore_index, label_smoothing, losses)
    return _reduced(losses, _divisor(labels, probabilities, w, ignore_index), reduction, input.dtype)


def cross_entropy_input(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """dx[m, c] = (softmax(x[m])[c] * sum over k of v[m, k] - v[m, c]) / divisor of the mean. (M, C)."""
    x, labels, probabilities, w = _samples(input, target, weight)
    grad_input = np.zeros(x.shape, x.dtype)
    divisor = _divisor(labels, probabilities, w, ignore_index) if reduction == "mean" else 1.0
    _cross_entropy_input(
        len(x), 24.0 * x.size, x, labels, probabilities, w, ignore_index, label_smoothing, divisor, grad_input
    )  # fmt: skip
    return grad_input


def _samples(input, target, weight):
    """Arrays of fixed types: labels are empty where the target is probabilities, and the other way round."""
    by_label = target.ndim == 1
    labels = plain(target) if by_label else np.empty(0, np.int64)
    probabilities = np.empty((0, 0), input.dtype) if by_label else plain(target)
    weight = np.ones(input.shape[1], input.dtype) if weight is None else plain(weight)
    return plain(input), labels, probabilities, weight


def _divisor(labels, probabilities, weight, ignore_index):
    if probabilities.size or not labels.size:
        return float(len(probabilities))
    return float(weight[labels[labels != ignore_index]].sum(dtype=np.float64))


def _reduced(losses, divisor, reduction, dtype):
    if reduction != "none":
        losses = losses.sum()
    if reduction == "mean":
        losses = losses / divisor if divisor else np.float64(math.nan)
    with np.errstate(over="ignore"):  # a loss too large for the type is inf
        return losses.astype(dtype)


@inline
def _value(labels, probabilities, weight, ignore_index, smoothing, m, c):
    """v[m, c] = weight[c] * ((1 - smoothing) * t[m, c] + smoothing / C), 0 in an ignored sample."""
    if labels.size:
        if labels[m] == ignore_index:
            return 0.0
        t = 1.0 if labels[m] == c else 0.0
    else:
        t = np.float64(probabilities[m, c])
    return np.float64(weight[c]) * ((1.0 - smoothing) * t + smoothing / weight.size)


@inline
def _log_sum(row):
    """max x and log sum exp(x - max x)"""
    most = np.float64(peak(row))
    total = 0.0
    for value in row:
        total += math.exp(value - most)
    return most, math.log(total)


@kernel
def _cross_entropy(x, labels, probabilities, weight, ignore_index, smoothing, losses, first, last):
    for m in range(first, last):
        most, shift = _log_sum(x[m])
        for c in range(x.shape[1]):
            v = _value(labels, probabilities, weight, ignore_index, smoothing, m, c)
            if v != 0:
                losses[m] -= v * (x[m, c] - most - shift)


@kernel
def _cross_entropy_input(
    x, labels, probabilities, weight, ignore_index, smoothing, divisor, grad_input, first, last
):
    for m in range(first, last):
        if labels.size and labels[m] == ignore_index:
            continue
        most, shift = _log_sum(x[m])
        total = 0.0
        for c in range(x.shape[1]):
            total += _value(labels, probabilities, weight, ignore_index, smoothing, m, c)
        for c in range(x.shape[1]):
            v = _value(labels, probabilities, weight, ignore_index, smoothing, m, c)
            grad_input[m, c] = (math.exp(x[m, c] - most - shift) * total - v) / divisor


def binary_cross_entropy_with_logits(input, target, weight=None, reduction="mean", pos_weight=None):
    """l = weight * (pos_weight * y * softplus(-x) + (1 - y) * softplus(x)), elementwise."""
    arrays = _elements(input, target, weight, pos_weight)
    losses = np.empty(input.size)
    _binary_cross_entropy(_chunks(input), 48.0 * input.size, *arrays, losses)
    if reduction == "none":
        losses = losses.reshape(input.shape)
    return _reduced(losses, input.size, reduction, input.dtype)


def binary_cross_entropy_with_logits_input(input, target, weight=None, reduction="mean", pos_weight=None):
    """dx = weight * ((1 - y) * sigmoid(x) - pos_weight * y * sigmoid(-x)); "mean" divides by the elements."""
    arrays = _elements(input, target, weight, pos_weight)
    grad_input = np.empty(input.size, input.dtype)
    scale = 1.0 / max(1, input.size) if reduction == "mean" else 1.0
    _binary_cross_entropy_input(_chunks(input), 32.0 * input.size, *arrays, scale, grad_input)
    return grad_input.reshape(input.shape)


def _elements(input, target, weight, pos_weight):
    """The four arrays flat in C order; a weight that is not given is one element, which serves all."""
    one = np.ones(1, input.dtype)
    weights = (
        one if w is None else plain(np.broadcast_to(w, input.shape)).reshape(-1) for w in (weight, pos_weight)
    )
    return plain(input).reshape(-1), plain(target).reshape(-1), *weights


def _chunks(array):
    return -(-array.size // CHUNK)


@kernel
def _binary_cross_entropy(x, y, weight, pos_weight, losses, first, last):
    for i in range(first * CHUNK, min(last * CHUNK, x.size)):
        value, t = np.float64(x[i]), np.float64(y[i])
        common = math.log1p(math.exp(-abs(value)))
        yes = pos_weight[i if pos_weight.size > 1 else 0] * t
        loss = yes * (max(-value, 0.0) + common) + (1.0 - t) * (max(value, 0.0) + common)
        losses[i] = loss * weight[i if weight.size > 1 else 0]


@kernel
def _binary_cross_entropy_input(x, y, weight, pos_weight, scale, grad_input, first, last):
    for i in range(first * CHUNK, min(last * CHUNK, x.size)):
        value, t = np.float64(x[i]), np.float64(y[i])
        e = math.exp(-abs(value))
        large, small = 1.0 / (1.0 + e), e / (1.0 + e)
        yes, no = (small, large) if value >= 0 else (large, small)
        gradient = (1.0 - t) * no - pos_weight[i if pos_weight.size > 1 else 0] * t * yes
        grad_input[i] = gradient * weight[i if weight.size > 1 else 0] * scale


def mse_loss(input, target, reduction="mean"):
    """l = (x - y)^2, elementwise."""
    losses = np.empty_like(input, dtype=np.float64, subok=False)
    line = losses.ravel(order="K")
    if not np.shares_memory(line, losses):  # the input has gaps
        losses = np.empty(input.shape)
        line = losses.reshape(-1)
    x = flat_like(input, losses)
    _squares(_chunks(input), 2.0 * x.size, x, flat_like(target, losses), line)
    return _reduced(line if reduction != "none" else losses, input.size, reduction, input.dtype)


@kernel
def _squares(x, y, losses, first, last):
    for i in range(first * CHUNK, min(last * CHUNK, x.size)):
        difference = np.float64(x[i]) - np.float64(y[i])
        losses[i] = difference * difference


def mse_loss_input(input, target, reduction="mean"):
    """dx = 2 * (x - y); "mean" divides by the number of elements."""
    grad_input = np.empty(input.shape, input.dtype)
    scale = 2.0 / max(1, input.size) if reduction == "mean" else 2.0
    x, y = plain(input).reshape(-1), plain(target).reshape(-1)
    _differences(_chunks(input), 2.0 * x.size, x, y, scale, grad_input.reshape(-1))
    return grad_input


@kernel
def _differences(x, y, scale, grad_input, first, last):
    for i in range(first * CHUNK, min(last * CHUNK, x.size)):
        grad_input[i] = (np.float64(x[i]) - np.float64(y[i])) * scale
