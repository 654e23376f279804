"""PyTorch's update rules, in place; float64 arithmetic, rounded when it is stored, as the reference does."""

import math

import numpy as np

from .buffers import flat_like
from .jit import kernel

CHUNK = 4096
"""Elements of one job."""


def sgd(
    parameters, gradients, velocities, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False,
    first=False
):  # fmt: skip
    """g += weight_decay * p; v = momentum * v + (1 - dampening) * g; p -= lr * v (nesterov: g + momentum * v)

    Sequences of arrays of equal shapes; `velocities` may be empty when momentum is 0, and is set to g on the
    `first` step.
    """
    constants = float(lr), float(momentum), float(dampening), float(weight_decay), bool(nesterov), bool(first)
    for i, parameter in enumerate(parameters):
        velocity = velocities[i] if momentum else None
        with _Lines(parameter, velocity) as (p, v):
            _sgd(_chunks(p), 4.0 * p.size, p, flat_like(gradients[i], parameter), v, *constants)


@kernel
def _sgd(p, g, v, lr, momentum, dampening, weight_decay, nesterov, fresh, first, last):
    for i in range(first * CHUNK, min(last * CHUNK, p.size)):
        d = np.float64(g[i])
        if weight_decay != 0:
            d += weight_decay * p[i]
        if momentum != 0:
            v[i] = d if fresh else momentum * v[i] + (1.0 - dampening) * d
            d = d + momentum * v[i] if nesterov else np.float64(v[i])
        p[i] = p[i] - lr * d


def adam(
    parameters, gradients, means, squares, step, lr, beta1, beta2, eps, weight_decay=0.0, decoupled=False
):  # fmt: skip
    """m += (1 - beta1) * (g - m); s = beta2 * s + (1 - beta2) * g^2; p -= lr * m' / (sqrt(s') + eps)

    m' and s' divide m and s by 1 - beta^step. `weight_decay` adds to g; `decoupled` shrinks p instead
    (AdamW).
    """
    constants = lr / (1 - beta1**step), math.sqrt(1 - beta2**step), beta1, beta2, eps
    added, shrink = (0.0, 1 - lr * weight_decay) if decoupled else (float(weight_decay), 1.0)
    for parameter, gradient, mean, square in zip(parameters, gradients, means, squares, strict=True):
        with _Lines(parameter, mean, square) as (p, m, s):
            _adam(
                _chunks(p), 16.0 * p.size, p, flat_like(gradient, parameter), m, s, *constants, added, shrink
            )


@kernel
def _adam(p, g, m, s, rate, root, beta1, beta2, eps, weight_decay, shrink, first, last):
    for i in range(first * CHUNK, min(last * CHUNK, p.size)):
        d, value = np.float64(g[i]), p[i] * shrink
        if weight_decay != 0:
            d += weight_decay * value
        m[i] = m[i] + (1.0 - beta1) * (d - m[i])
        s[i] = beta2 * s[i] + (1.0 - beta2) * d * d
        p[i] = value - rate * (m[i] / (math.sqrt(s[i]) / root + eps))


def _chunks(line):
    return -(-line.size // CHUNK)


class _Lines:
    """Arrays that are written, flat in the order of the first one's memory; copies go back on exit."""

    def __init__(self, *arrays):
        self.arrays = arrays

    def __enter__(self):
        model = self.arrays[0]
        self.lines = [
            np.empty(0, model.dtype) if array is None else flat_like(array, model) for array in self.arrays
        ]
        return self.lines

    def __exit__(self, *failure):
        model = self.arrays[0]
        for array, line in zip(self.arrays, self.lines, strict=True):
            if array is not None and not np.may_share_memory(array, line):
                ordered = np.empty_like(model)
                ordered.ravel(order="K")[...] = line
                array[...] = ordered
