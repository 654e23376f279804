"""PyTorch's update rules, in place; float64 arithmetic, rounded when it is stored, as the reference does."""

import math

import numpy as np

from .buffers import CHUNK, flat_like, part, plain
from .jit import kernel


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
        written = (parameter, velocities[i]) if momentum else (parameter,)
        with _Lines(written, gradients[i]) as (p, g, *v):
            _sgd(-(-p.size // CHUNK), 24.0 * p.size, p, g, v[0] if v else p, *constants)


@kernel
def _sgd(p, g, v, lr, momentum, dampening, weight_decay, nesterov, fresh, first, last):
    p, g, v = part(p, first, last), part(g, first, last), part(v, first, last)
    kept, added = (0.0, 1.0) if fresh else (momentum, 1.0 - dampening)
    if momentum == 0:
        for i in range(p.size):
            p[i] = p[i] - lr * (g[i] + weight_decay * p[i] if weight_decay != 0 else np.float64(g[i]))
        return
    for i in range(p.size):
        d = g[i] + weight_decay * p[i] if weight_decay != 0 else np.float64(g[i])
        v[i] = added * d + (0.0 if fresh else kept * v[i])
        p[i] = p[i] - lr * (d + momentum * v[i] if nesterov else np.float64(v[i]))


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
        with _Lines((parameter, mean, square), gradient) as (p, g, m, s):
            _adam(-(-p.size // CHUNK), 48.0 * p.size, p, g, m, s, *constants, added, shrink)


@kernel
def _adam(p, g, m, s, rate, root, beta1, beta2, eps, weight_decay, shrink, first, last):
    """The quotient is of the parameters' type, all else float64."""
    p, g, m, s = part(p, first, last), part(g, first, last), part(m, first, last), part(s, first, last)
    scale, least = p.dtype.type(1 / root), p.dtype.type(eps if eps == 0 else max(eps, 1e-37))
    for i in range(p.size):
        d, value = np.float64(g[i]), p[i] * shrink
        if weight_decay != 0:
            d += weight_decay * value
        mean = p.dtype.type(m[i] + (1.0 - beta1) * (d - m[i]))
        square = p.dtype.type(beta2 * s[i] + (1.0 - beta2) * d * d)
        m[i], s[i] = mean, square
        p[i] = value - rate * (mean / (math.sqrt(square) * scale + least))


class _Lines:
    """`written` arrays and the gradient, flat in the memory order of the first; copies go back on exit."""

    def __init__(self, written, gradient):
        self.written, self.gradient = written, gradient
        self.copied: tuple[np.ndarray, ...] = ()

    def __enter__(self):
        model = self.written[0]
        arrays = (model, self.gradient, *self.written[1:])
        if all(a.flags.c_contiguous for a in arrays):
            return [plain(a).reshape(-1) for a in arrays]
        lines = [flat_like(a, model) for a in arrays]
        self.copied = (lines[0], *lines[2:])
        return lines

    def __exit__(self, *failure):
        model = self.written[0]
        for array, line in zip(self.written, self.copied, strict=False):
            if not np.may_share_memory(array, line):
                ordered = np.empty_like(model)
                ordered.ravel(order="K")[...] = line
                array[...] = ordered
