"""Max pooling and the routing of its gradient."""

import numpy as np

from fastconv.reference.geometry import pair, reach, sides, taps, window_count
from fastconv.types import Array, Indices, Padding, Pair, Shape


def max_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Array | tuple[Array, Indices]:
    """Keep the largest pixel of every window.

        Z[n,c,p,q] = max_{r,s} X[n, c, p*stride + r*dilation - top, q*stride + s*dilation - left]

    over the taps that lie inside the image: padding never wins. Equal maxima: the first in
    row-major order. NaN is larger than any number; the first NaN wins. Input (N, C, H, W),
    stride None = kernel_size. `ceil_mode` adds a last window that the image fills only in part,
    if it starts inside the image or the padding before it (PyTorch's rule).
    Returns Z (N, C, P, Q), with `return_indices` also the int64 positions h*W + w of the maxima.
    """
    kernel, dilation = pair(kernel_size), pair(dilation)
    stride = kernel if stride is None else pair(stride)
    around = sides(padding)
    image = H, W = input.shape[2:]
    P, Q = (pooled_size(image[i], kernel[i], stride[i], around[i], dilation[i], ceil_mode) for i in (0, 1))
    (top, bottom), (left, right) = around
    # The partial windows of ceil_mode reach further than the padding that was asked for.
    bottom = max(bottom, reach(P, kernel[0], stride[0], dilation[0]) - top - H)
    right = max(right, reach(Q, kernel[1], stride[1], dilation[1]) - left - W)
    around = ((top, bottom), (left, right))

    X = np.pad(input, ((0, 0), (0, 0), *around))
    position = np.pad(np.arange(H * W).reshape(H, W), around, constant_values=-1)
    Z = np.full((*input.shape[:2], P, Q), -np.inf, dtype=input.dtype)
    indices = np.full(Z.shape, -1, dtype=np.int64)
    for _, _, tap in taps(kernel, stride, dilation, (P, Q)):
        x, here = X[tap], position[tap]
        larger = (x > Z) | (np.isnan(x) & ~np.isnan(Z)) | (indices < 0)
        wins = larger & (here >= 0)
        Z = np.where(wins, x, Z)
        indices = np.where(wins, here, indices)
    return (Z, indices) if return_indices else Z


def max_pool2d_input(grad_output: Array, indices: Indices, input_size: Shape) -> Array:
    """Gradient of max_pool2d for its input: all of it goes to the pixel that won.

        dL/dX[n,c,i] = sum over (p,q) with indices[n,c,p,q] = i of G[n,c,p,q],    i = h*W + w

    Grad_output G and indices (N, C, P, Q); returns an array of shape `input_size` = (N, C, H, W).
    A pixel that won several overlapping windows gets the sum.
    """
    N, C, H, W = input_size
    dX = np.zeros((N, C, H * W))
    n, c = np.arange(N)[:, None, None, None], np.arange(C)[:, None, None]
    np.add.at(dX, (n, c, indices), grad_output)
    return dX.reshape(input_size).astype(grad_output.dtype)


def pooled_size(
    size: int, kernel: int, stride: int, padding: tuple[int, int], dilation: int, ceil_mode: bool
) -> int:
    """Count the windows along one axis of `size` pixels."""
    before, after = padding
    if not ceil_mode:
        return window_count(before + size + after, kernel, stride, dilation)
    count = window_count(before + size + after + stride - 1, kernel, stride, dilation)
    starts_outside = (count - 1) * stride >= before + size
    return count - 1 if starts_outside else count
