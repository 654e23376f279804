"""The dense layer and its gradients.

Symbols: X input (..., I); W weight (O, I); b bias (O,); Z output (..., O); G = dL/dZ.
The leading axes, usually one for the batch, are written n. All sums run in float64.
"""

import numpy as np

from fastconv.types import Array


def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """Apply an affine map to the last axis.

        Z[n,o] = b[o] + sum_i X[n,i] W[o,i],    that is Z = X W^T + b

    Input (..., I), weight (O, I), bias (O,); returns (..., O).
    """
    Z = input.astype(np.float64) @ weight.astype(np.float64).T
    if bias is not None:
        Z = Z + bias
    return Z.astype(input.dtype)


def linear_input(weight: Array, grad_output: Array) -> Array:
    """Gradient of linear for its input.

        dL/dX[n,i] = sum_o G[n,o] W[o,i],    that is dX = G W

    Weight (O, I), grad_output (..., O); returns (..., I).
    """
    dX = grad_output.astype(np.float64) @ weight.astype(np.float64)
    return dX.astype(weight.dtype)


def linear_weight(input: Array, grad_output: Array) -> Array:
    """Gradient of linear for its weight.

        dL/dW[o,i] = sum_n G[n,o] X[n,i],    that is dW = G^T X

    Input (..., I), grad_output (..., O); returns (O, I).
    """
    n = tuple(range(input.ndim - 1))
    dW = np.tensordot(grad_output.astype(np.float64), input.astype(np.float64), axes=(n, n))
    return dW.astype(input.dtype)


def linear_bias(grad_output: Array) -> Array:
    """Gradient of linear for its bias.

        dL/db[o] = sum_n G[n,o]

    Grad_output (..., O); returns (O,).
    """
    n = tuple(range(grad_output.ndim - 1))
    return grad_output.sum(axis=n, dtype=np.float64).astype(grad_output.dtype)
