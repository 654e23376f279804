"""Losses and their gradients. All of it is computed in float64.

Every loss has an elementwise or per-sample value l and a reduction of it: "none" returns l,
"sum" adds it up, "mean" divides the sum by the number of terms (cross_entropy: by the total
weight of the targets). A gradient is that of the reduced loss; for "none" that of the sum.
A mean over nothing, whose divisor is 0, is NaN as in PyTorch; its gradient is 0.
"""

import math

import numpy as np

from fastconv.reference.activation import log_softmax, sigmoid
from fastconv.types import Array, Indices


def cross_entropy(
    input: Array,
    target: Array | Indices,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array | None:
    """Compare logits with class labels or class probabilities, as PyTorch's cross_entropy.

        l[m] = - sum_c v[m,c] log softmax(x[m])[c]
        v[m,c] = weight[c] ((1 - label_smoothing) t[m,c] + label_smoothing / C)
        mean = sum_m l[m] / sum_m weight[target[m]]     (probabilities: / M)

    with t the probabilities or the one-hot labels, v[m] = 0 where target[m] = ignore_index, and
    0 log 0 = 0. Input x (M, C), target int64 (M,) or probabilities (M, C), weight (C,);
    returns a scalar, for "none" (M,). None where a label is no class.
    """
    if _beyond(target, input.shape[1], ignore_index):
        return None
    v, divisor = _target_weights(input, target, weight, ignore_index, label_smoothing)
    log_p = log_softmax(input.astype(np.float64), dim=1)
    terms = np.multiply(v, log_p, where=v != 0, out=np.zeros_like(v))
    return _reduced(-terms.sum(axis=1), reduction, divisor, input.dtype)


def cross_entropy_input(
    input: Array,
    target: Array | Indices,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array | None:
    """Gradient of cross_entropy for its input.

        dL/dx[m,c] = (softmax(x[m])[c] sum_k v[m,k] - v[m,c]) / divisor

    with v and the divisor of the mean as in `cross_entropy` ("sum" and "none": 1); with one label,
    weight 1 and no smoothing this is softmax(x) - t. Returns the shape of the input (M, C), None where a
    label is no class.
    """
    if _beyond(target, input.shape[1], ignore_index):
        return None
    v, divisor = _target_weights(input, target, weight, ignore_index, label_smoothing)
    p = np.exp(log_softmax(input.astype(np.float64), dim=1))
    gradient = _averaged(p * v.sum(axis=1, keepdims=True) - v, reduction, divisor, nothing=0)
    if target.ndim == 1:
        gradient[target == ignore_index] = 0
    return gradient.astype(input.dtype)


def binary_cross_entropy_with_logits(
    input: Array,
    target: Array,
    weight: Array | None = None,
    reduction: str = "mean",
    pos_weight: Array | None = None,
) -> Array:
    """Compare logits with probabilities of "yes", as PyTorch's function of that name.

        l = weight (pos_weight y softplus(-x) + (1 - y) softplus(x))
        softplus(x) = log(1 + exp(x)) = -log(1 - sigmoid(x))

    elementwise: the binary cross entropy of A = sigmoid(x) without its overflow. Input x and
    target y have one shape, weight and pos_weight broadcast to it; returns a scalar, for "none"
    the shape of the input.
    """
    x, y = input.astype(np.float64), target.astype(np.float64)
    yes = y if pos_weight is None else pos_weight * y
    loss = yes * _softplus(-x) + (1 - y) * _softplus(x)
    if weight is not None:
        loss = weight * loss
    return _reduced(loss, reduction, x.size, input.dtype)


def binary_cross_entropy_with_logits_input(
    input: Array,
    target: Array,
    weight: Array | None = None,
    reduction: str = "mean",
    pos_weight: Array | None = None,
) -> Array:
    """Gradient of binary_cross_entropy_with_logits for its input.

        dl/dx = weight ((1 - y) sigmoid(x) - pos_weight y sigmoid(-x))

    With both weights 1 this is sigmoid(x) - y. "mean" divides by the number of elements.
    Returns the shape of the input.
    """
    x, y = input.astype(np.float64), target.astype(np.float64)
    yes = y if pos_weight is None else pos_weight * y
    gradient = (1 - y) * sigmoid(x) - yes * sigmoid(-x)
    if weight is not None:
        gradient = weight * gradient
    return _averaged(gradient, reduction, x.size, nothing=0).astype(input.dtype)


def mse_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Square the distance: l = (x - y)^2, elementwise. Input and target have one shape."""
    loss = (input.astype(np.float64) - target) ** 2
    return _reduced(loss, reduction, loss.size, input.dtype)


def mse_loss_input(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Gradient of mse_loss for its input: dl/dx = 2 (x - y); "mean" divides by the number of elements."""
    gradient = 2 * (input.astype(np.float64) - target)
    return _averaged(gradient, reduction, gradient.size, nothing=0).astype(input.dtype)


def _beyond(target: Array | Indices, classes: int, ignore_index: int) -> bool:
    """Whether a label is no class."""
    labels = target[target != ignore_index] if target.ndim == 1 else np.empty(0)
    return bool(((labels < 0) | (labels >= classes)).any())


def _target_weights(
    input: Array, target: Array, weight: Array | None, ignore_index: int, label_smoothing: float
) -> tuple[Array, float]:
    """The v of `cross_entropy`, and the divisor of its mean."""
    M, C = input.shape
    class_weight = np.ones(C) if weight is None else weight.astype(np.float64)
    if target.ndim == 2:
        t, counted, divisor = target.astype(np.float64), np.ones(M, dtype=bool), float(M)
    else:
        counted = target != ignore_index
        t = np.zeros((M, C))
        t[counted, target[counted]] = 1
        divisor = class_weight[target[counted]].sum()
    v = class_weight * ((1 - label_smoothing) * t + label_smoothing / C)
    return v * counted[:, None], divisor


def _softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _averaged(sums: Array, reduction: str, divisor: float, nothing: float) -> Array:
    """Divide by the number of terms where the reduction is the mean; `nothing` is the mean over none."""
    if reduction != "mean":
        return sums
    return sums / divisor if divisor else np.full_like(sums, nothing)[()]


def _reduced(values: Array, reduction: str, divisor: float, dtype: np.dtype) -> Array:
    if reduction != "none":
        values = _averaged(values.sum(), reduction, divisor, nothing=math.nan)
    return values.astype(dtype)
