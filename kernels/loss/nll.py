"""Negative log-likelihood: a logarithm of each sample is picked, and its gradient has one number in a row."""

from ..engine.geometry import vector
from ..engine.jit import kernel
from ..memory.buffers import empty, failed, plain
from ..simd import clear
from .sums import DOUBLE, INT, ROWS, defaults, reduced, rounded

SAMPLE = 40.0
"""Work of a sample, whose logarithm may lie anywhere in memory."""


def nll_loss(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """l[m] = - weight[target[m]] * x[m, target[m]]; the mean divides by the sum of these weights.

    input (M, C), target int64 (M,), weight (C,), to a scalar or, "none", (M,). None where a label is no
    class.
    """
    x, weight = plain(input), _weight(input, weight)
    chunks = -(-len(x) // ROWS)
    losses, sums, wrong = empty((len(x),), DOUBLE), empty((chunks, 2), DOUBLE), empty((chunks,), INT)
    g = vector(input.dtype)
    _picked(chunks, SAMPLE * len(x), g, x, plain(target), weight, ignore_index, losses, sums, wrong)
    if failed(wrong):
        return None
    return rounded(losses, input.dtype) if reduction == "none" else reduced(sums, reduction, input.dtype)


def nll_loss_input(input, target, weight=None, ignore_index=-100, reduction="mean"):
    """dx[m, c] = - weight[c] / divisor of the mean where c is target[m], else 0.

    (M, C); 0 where the divisor is 0, None where a label is no class.
    """
    chunks = -(-len(input) // ROWS)
    grad_input, wrong = empty(input.shape, input.dtype), empty((chunks,), INT)
    _picked_input(
        chunks, SAMPLE * len(input) + 8.0 * input.size, vector(input.dtype), plain(target),
        _weight(input, weight), ignore_index, reduction == "mean", grad_input, wrong,
    )  # fmt: skip
    return None if failed(wrong) else grad_input


def _weight(input, weight):
    return defaults(input.shape[1], input.dtype)[0] if weight is None else plain(weight)


@kernel
def _picked(g, x, labels, weight, ignore_index, losses, sums, wrong, first, last):
    """losses[m] = - weight[labels[m]] * x[m, labels[m]], 0 where a label is ignored

    x (M, C); labels (M,); weight (C,). losses (M,), sums (chunks, 2) and wrong (chunks,) are overwritten:
    sums[chunk] is the sum of its losses and of their weights, wrong[chunk] is 1 where a label is no class. A
    job is ROWS samples; `nll_loss` cuts them.
    """
    for chunk in range(first, last):
        loss, divisor = 0.0, 0.0
        wrong[chunk] = 0
        for m in range(chunk * ROWS, min((chunk + 1) * ROWS, x.shape[0])):
            label = labels[m]
            losses[m] = 0.0
            if label == ignore_index:
                continue
            if not 0 <= label < x.shape[1]:
                wrong[chunk] = 1
                continue
            counts = float(weight[label])
            losses[m] = -counts * float(x[m, label])
            loss += losses[m]
            divisor += counts
        sums[chunk, 0], sums[chunk, 1] = loss, divisor


@kernel
def _picked_input(g, labels, weight, ignore_index, mean, grad_input, wrong, first, last):
    """grad_input[m, c] = - weight[c] / divisor where c is labels[m], else 0

    labels (M,); weight (C,). grad_input (M, C) is overwritten, and wrong (chunks,) with 1 where a label is no
    class. The divisor is the sum of the labels' weights if `mean`, else 1. A job is ROWS samples;
    `nll_loss_input` cuts them.
    """
    classes, divisor = grad_input.shape[1], 1.0
    if mean:
        divisor = 0.0
        for label in labels:
            if label != ignore_index and 0 <= label < classes:
                divisor += weight[label]
    scale = 1.0 / divisor if divisor != 0 else 0.0
    for chunk in range(first, last):
        begin, end = chunk * ROWS, min((chunk + 1) * ROWS, labels.size)
        wrong[chunk] = 0
        clear(grad_input, begin * classes, (end - begin) * classes)
        for m in range(begin, end):
            label = labels[m]
            if label == ignore_index:
                continue
            if not 0 <= label < classes:
                wrong[chunk] = 1
                continue
            grad_input[m, label] = -float(weight[label]) * scale
