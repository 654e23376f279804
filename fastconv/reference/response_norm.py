"""Normalisation of channels by their neighbours, and its gradient."""

import numpy as np

from fastconv.types import Array


def local_response_norm(
    input: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """Divide each channel by a power of the mean of squares of `size` channels around it.

        y[c] = x[c] / D[c]^beta,  D[c] = k + alpha / size · Σ_j x[j]^2,  c - size//2 <= j <= c + (size-1)//2

    Channels that are not there count as 0. Input (N, C, *). Krizhevsky et al., "ImageNet classification with
    deep convolutional neural networks", 2012; the window is PyTorch's.
    """
    x = input.astype(np.float64)
    d = k + alpha / size * _sums(x**2, size // 2, (size - 1) // 2)
    with np.errstate(all="ignore"):  # with some alpha, beta and k there is no finite power
        return (x / d**beta).astype(input.dtype)


def local_response_norm_input(
    input: Array, grad_output: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """Gradient of local_response_norm for its input.

        dL/dx[j] = G[j] / D[j]^beta - 2 alpha beta / size · x[j] · Σ_c G[c] x[c] / D[c]^(beta + 1)

    over the channels c in whose window j lies: j - (size-1)//2 <= c <= j + size//2.
    """
    x, g = input.astype(np.float64), grad_output.astype(np.float64)
    before, after = size // 2, (size - 1) // 2
    d = k + alpha / size * _sums(x**2, before, after)
    with np.errstate(all="ignore"):
        others = _sums(g * x / d ** (beta + 1), after, before)
        return (g / d**beta - 2 * alpha * beta / size * x * others).astype(input.dtype)


def _sums(values: Array, before: int, after: int) -> Array:
    """s[c] = Σ values[j] over c - before <= j <= c + after along axis 1."""
    channels = values.shape[1]
    result = np.zeros_like(values)
    for c in range(channels):
        result[:, c] = values[:, max(0, c - before) : c + after + 1].sum(axis=1)
    return result
