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


def l1_loss(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Take the distance: l = |x - y|, elementwise. Input and target have one shape."""
    loss = np.abs(input.astype(np.float64) - target)
    return _reduced(loss, reduction, loss.size, input.dtype)


def l1_loss_input(input: Array, target: Array, reduction: str = "mean") -> Array:
    """Gradient of l1_loss for its input: dl/dx = sign(x - y); "mean" divides by the number of elements."""
    gradient = np.sign(input.astype(np.float64) - target)
    return _averaged(gradient, reduction, gradient.size, nothing=0).astype(input.dtype)


def smooth_l1_loss(input: Array, target: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    """Take the distance, near 0 its square; elementwise, of two arrays of one shape.

    With d = |x - y|: l = d^2 / (2 beta) where d < beta, else d - beta / 2
    """
    d = np.abs(input.astype(np.float64) - target)
    loss = np.where(d < beta, d**2 / (2 * beta or 1), d - beta / 2)
    return _reduced(loss, reduction, loss.size, input.dtype)


def smooth_l1_loss_input(input: Array, target: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    """Gradient of smooth_l1_loss for its input.

    With d = x - y: dl/dx = d / beta where |d| < beta, else sign(d); "mean" divides by the number of elements.
    """
    d = input.astype(np.float64) - target
    gradient = np.where(np.abs(d) < beta, d / (beta or 1), np.sign(d))
    return _averaged(gradient, reduction, gradient.size, nothing=0).astype(input.dtype)


def huber_loss(input: Array, target: Array, reduction: str = "mean", delta: float = 1.0) -> Array:
    """Square the distance, but far away take it alone; elementwise, of two arrays of one shape.

    With d = |x - y|: l = d^2 / 2 where d < delta, else delta (d - delta / 2)
    """
    d = np.abs(input.astype(np.float64) - target)
    loss = np.where(d < delta, d**2 / 2, delta * (d - delta / 2))
    return _reduced(loss, reduction, loss.size, input.dtype)


def huber_loss_input(input: Array, target: Array, reduction: str = "mean", delta: float = 1.0) -> Array:
    """Gradient of huber_loss for its input.

    With d = x - y: dl/dx = d where |d| < delta, else delta sign(d); "mean" divides by the number of elements.
    """
    d = input.astype(np.float64) - target
    gradient = np.where(np.abs(d) < delta, d, delta * np.sign(d))
    return _averaged(gradient, reduction, gradient.size, nothing=0).astype(input.dtype)


def nll_loss(
    input: Array,
    target: Indices,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Array | None:
    """Take the logarithm of the right class's probability: l[m] = - weight[target[m]] x[m, target[m]].

    The mean divides by sum_m weight[target[m]]; both are 0 where target[m] = ignore_index. Input x (M, C),
    logarithms of probabilities; target int64 (M,), weight (C,); returns a scalar, for "none" (M,). None where
    a label is no class.
    """
    if _beyond(target, input.shape[1], ignore_index):
        return None
    counts = _label_weights(input, target, weight, ignore_index)
    losses = -counts * input[np.arange(len(input)), np.where(target == ignore_index, 0, target)]
    return _reduced(np.where(target == ignore_index, 0, losses), reduction, counts.sum(), input.dtype)


def nll_loss_input(
    input: Array,
    target: Indices,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Array | None:
    """Gradient of nll_loss for its input: dL/dx[m,c] = - weight[c] / divisor where c = target[m], else 0.

    The divisor of the mean as in `nll_loss` ("sum" and "none": 1). Returns the shape of the input (M, C),
    None where a label is no class.
    """
    if _beyond(target, input.shape[1], ignore_index):
        return None
    counts = _label_weights(input, target, weight, ignore_index)
    gradient = np.zeros(input.shape)
    gradient[np.arange(len(input)), np.where(target == ignore_index, 0, target)] = -counts
    return _averaged(gradient, reduction, counts.sum(), nothing=0).astype(input.dtype)


def binary_cross_entropy(
    input: Array, target: Array, weight: Array | None = None, reduction: str = "mean"
) -> Array | None:
    """Compare probabilities of "yes" with those that are right, as PyTorch's function of that name.

        l = - weight (y log x + (1 - y) log(1 - x))

    elementwise, with logarithms from -100 up. Input x and target y have one shape, the weight broadcasts to
    it; returns a scalar, for "none" the shape of the input. None where an x or y is not from 0 to 1.
    """
    x, y = input.astype(np.float64), target.astype(np.float64)
    if (x < 0).any() or (x > 1).any() or (y < 0).any() or (y > 1).any():
        return None
    with np.errstate(divide="ignore"):
        loss = -(y * np.maximum(np.log(x), -100) + (1 - y) * np.maximum(np.log1p(-x), -100))
    return _reduced(loss if weight is None else weight * loss, reduction, x.size, input.dtype)


def binary_cross_entropy_input(
    input: Array, target: Array, weight: Array | None = None, reduction: str = "mean"
) -> Array:
    """Gradient of binary_cross_entropy for its input: dl/dx = weight (x - y) / max(x (1 - x), 1e-12).

    "mean" divides by the number of elements. Returns the shape of the input.
    """
    x, y = input.astype(np.float64), target.astype(np.float64)
    gradient = (x - y) / np.maximum(x * (1 - x), 1e-12)
    if weight is not None:
        gradient = weight * gradient
    return _averaged(gradient, reduction, x.size, nothing=0).astype(input.dtype)


def _label_weights(input: Array, target: Indices, weight: Array | None, ignore_index: int) -> Array:
    """The weight of each label, 0 where it is ignored."""
    class_weight = np.ones(input.shape[1]) if weight is None else weight.astype(np.float64)
    return np.where(target == ignore_index, 0, class_weight[np.where(target == ignore_index, 0, target)])


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
