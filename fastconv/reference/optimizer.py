"""Update rules of PyTorch's optimizers, in place, for all parameters in one call.

Symbols: p parameter, g gradient, v velocity, m and s running means of g and g^2. A step is
computed in float64, in PyTorch's order of operations, and rounded when it is stored.
"""

from collections.abc import Sequence

import numpy as np

from fastconv.types import Array


def sgd(
    parameters: Sequence[Array],
    gradients: Sequence[Array],
    velocities: Sequence[Array],
    lr: float,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    first: bool = False,
) -> None:
    """Gradient descent with momentum, as torch.optim.SGD.

        g <- g + weight_decay p
        v <- momentum v + (1 - dampening) g     (the first step: v <- g)
        d  = v, with nesterov g + momentum v, without momentum g
        p <- p - lr d

    Equal shapes within each triple; `velocities` may be empty when momentum is 0.
    """
    for i, p in enumerate(parameters):
        d = gradients[i].astype(np.float64)
        if weight_decay != 0:
            d = d + weight_decay * p
        if momentum != 0:
            v = velocities[i]
            v[...] = d if first else momentum * v.astype(np.float64) + (1 - dampening) * d
            d = d + momentum * v.astype(np.float64) if nesterov else v.astype(np.float64)
        p[...] = p - lr * d


def adam(
    parameters: Sequence[Array],
    gradients: Sequence[Array],
    means: Sequence[Array],
    squares: Sequence[Array],
    step: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float = 0.0,
    decoupled: bool = False,
) -> None:
    """Adam, and with `decoupled` AdamW, as torch.optim.Adam and AdamW (arXiv 1412.6980, 1711.05101).

        g <- g + weight_decay p                 (decoupled: p <- p - lr weight_decay p)
        m <- m + (1 - beta1) (g - m)
        s <- beta2 s + (1 - beta2) g^2
        p <- p - a m / (sqrt(s) / sqrt(1 - beta2^step) + eps),    a = lr / (1 - beta1^step)

    Equal shapes within each group of four; `step` counts from 1.
    """
    correction1 = 1 - beta1**step
    correction2 = 1 - beta2**step
    for p, gradient, m, s in zip(parameters, gradients, means, squares, strict=True):
        g = gradient.astype(np.float64)
        decayed = p.astype(np.float64)
        if weight_decay != 0 and decoupled:
            decayed *= 1 - lr * weight_decay
        elif weight_decay != 0:
            g += weight_decay * decayed
        m[...] = m + (1 - beta1) * (g - m)
        s[...] = beta2 * s.astype(np.float64) + (1 - beta2) * g * g
        denominator = np.sqrt(s.astype(np.float64)) / np.sqrt(correction2) + eps
        p[...] = decayed - lr / correction1 * (m / denominator)


def rmsprop(
    parameters: Sequence[Array],
    gradients: Sequence[Array],
    squares: Sequence[Array],
    velocities: Sequence[Array],
    means: Sequence[Array],
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    centered: bool = False,
) -> None:
    """RMSprop, as torch.optim.RMSprop (Hinton, lecture 6e, 2012; centered: arXiv 1308.0850).

        g <- g + weight_decay p
        s <- alpha s + (1 - alpha) g^2
        m <- m + (1 - alpha) (g - m)            (only with centered)
        d  = g / (sqrt(s) + eps),               with centered sqrt(s - m^2)
        v <- momentum v + d                     (only with momentum)
        p <- p - lr v,                          without momentum d

    Equal shapes within each group of five; `velocities` may be empty when momentum is 0, `means` without
    `centered`.
    """
    for i, p in enumerate(parameters):
        g = gradients[i].astype(np.float64)
        if weight_decay != 0:
            g = g + weight_decay * p
        s = squares[i]
        s[...] = alpha * s.astype(np.float64) + (1 - alpha) * g * g
        spread = s.astype(np.float64)
        if centered:
            m = means[i]
            m[...] = m + (1 - alpha) * (g - m)
            spread = spread - m.astype(np.float64) ** 2
        d = g / (np.sqrt(spread) + eps)
        if momentum != 0:
            v = velocities[i]
            v[...] = momentum * v.astype(np.float64) + d
            d = v.astype(np.float64)
        p[...] = p - lr * d
