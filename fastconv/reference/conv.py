"""Convolution and its gradients, one filter tap (r, s) at a time.

Symbols: X input (N, C, H, W); W weight (K, C/groups, R, S); b bias (K,); Z output (N, K, P, Q);
G = dL/dZ the output gradient. Tap (r, s) of output (p, q) sees the pixel

    h = p*stride + r*dilation - top,    w = q*stride + s*dilation - left

and X[n,c,h,w] is 0 outside the image. With groups, channel k of Z sees the channels of its own
group alone; the arrays then carry a group axis g: X (N, g, C/g, H, W), W (g, K/g, C/g, R, S).
All sums run in float64; the result has the dtype of the arguments.
"""

from typing import Any

import numpy as np

from fastconv.reference.chain import chain
from fastconv.reference.geometry import Sides, pair, reach, sides, taps, window_count
from fastconv.types import Array, Padding, Pair, Shape


def conv2d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
    relu: bool = False,
    stages: tuple[Any, ...] = (),
) -> Array:
    """Cross-correlate images with filters, as PyTorch's conv2d.

        Z[n,k,p,q] = b[k] + sum_{c,r,s} X[n,c,h,w] W[k,c,r,s],    with `relu` max(Z, 0),
        then the operations `stages` (see `chain`)

    Input (N, C, H, W), weight (K, C/groups, R, S), bias (K,);
    returns (N, K, P, Q) with P = (H + top + bottom - dilation*(R-1) - 1) // stride + 1, Q likewise.
    """
    stride, dilation = pair(stride), pair(dilation)
    X = _by_group(_padded(input, sides(padding)), groups, axis=1)
    W = _by_group(weight, groups, axis=0)
    R, S = weight.shape[2:]
    P = window_count(X.shape[3], R, stride[0], dilation[0])
    Q = window_count(X.shape[4], S, stride[1], dilation[1])

    Z = np.zeros((len(X), *W.shape[:2], P, Q))
    for r, s, tap in taps((R, S), stride, dilation, (P, Q)):
        Z += np.einsum("ngcpq,gkc->ngkpq", X[tap], W[..., r, s])
    Z = Z.reshape(len(X), len(weight), P, Q)
    if bias is not None:
        Z += bias[:, None, None]
    return chain((np.maximum(Z, 0) if relu else Z).astype(input.dtype), stages)


def conv2d_input(
    input_size: Shape,
    weight: Array,
    grad_output: Array,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    """Gradient of conv2d for its input: each output sends its gradient back along its filter taps.

        dL/dX[n,c,h,w] = sum of G[n,k,p,q] W[k,c,r,s] over all k, (p,q), (r,s) that see (h,w)

    Weight (K, C/groups, R, S), grad_output (N, K, P, Q); returns an array of shape
    `input_size` = (N, C, H, W). What falls into the padding is dropped.
    """
    N, C, height, width = input_size
    (top, bottom), (left, right) = sides(padding)
    G = _by_group(grad_output, groups, axis=1)
    W = _by_group(weight, groups, axis=0)

    dX = np.zeros((N, groups, C // groups, top + height + bottom, left + width + right))
    for r, s, tap in taps(weight.shape[2:], pair(stride), pair(dilation), G.shape[3:]):
        dX[tap] += np.einsum("ngkpq,gkc->ngcpq", G, W[..., r, s])
    image = dX[..., top : top + height, left : left + width]
    return image.reshape(input_size).astype(weight.dtype)


def conv2d_weight(
    input: Array,
    weight_size: Shape,
    grad_output: Array,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    """Gradient of conv2d for its weight: correlate the input with the output gradient.

        dL/dW[k,c,r,s] = sum_{n,p,q} G[n,k,p,q] X[n,c,h,w]

    Input (N, C, H, W), grad_output (N, K, P, Q); returns an array of shape
    `weight_size` = (K, C/groups, R, S).
    """
    X = _by_group(_padded(input, sides(padding)), groups, axis=1)
    G = _by_group(grad_output, groups, axis=1)

    dW = np.zeros((groups, weight_size[0] // groups, *weight_size[1:]))
    for r, s, tap in taps(weight_size[2:], pair(stride), pair(dilation), G.shape[3:]):
        dW[..., r, s] = np.einsum("ngkpq,ngcpq->gkc", G, X[tap])
    return dW.reshape(weight_size).astype(input.dtype)


def conv2d_bias(grad_output: Array) -> Array:
    """Gradient of conv2d for its bias, which is added to every pixel of its channel.

        dL/db[k] = sum_{n,p,q} G[n,k,p,q]

    Grad_output (N, K, P, Q); returns (K,).
    """
    return grad_output.sum(axis=(0, 2, 3), dtype=np.float64).astype(grad_output.dtype)


def conv_transpose2d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Padding = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Array:
    """Spread each pixel over the taps of the filters, as PyTorch's conv_transpose2d.

        Z[n,k,h,w] = b[k] + sum of X[n,c,p,q] W[c,k,r,s] over all c, (p,q), (r,s) that see (h,w)

    which is conv2d_input with a bias. Input (N, C, P, Q), weight (C, K/groups, R, S), bias (K,);
    returns (N, K, H, W) with H = (P-1)*stride + dilation*(R-1) + 1 - top - bottom + output_padding, W
    likewise: the padding is cut off, and output_padding adds rows and columns at the end.
    """
    stride, dilation, extra = pair(stride), pair(dilation), pair(output_padding)
    X = _by_group(input, groups, axis=1)
    W = _by_group(weight, groups, axis=0)
    (P, Q), (R, S) = input.shape[2:], weight.shape[2:]
    height = reach(P, R, stride[0], dilation[0]) + extra[0]
    width = reach(Q, S, stride[1], dilation[1]) + extra[1]

    Z = np.zeros((len(input), groups, weight.shape[1], height, width))
    for r, s, tap in taps((R, S), stride, dilation, (P, Q)):
        Z[tap] += np.einsum("ngcpq,gck->ngkpq", X, W[..., r, s])
    (top, bottom), (left, right) = sides(padding)
    inside = Z[..., top : height - bottom, left : width - right]
    images = inside.reshape(len(input), groups * weight.shape[1], *inside.shape[3:])
    if bias is not None:
        images = images + bias[:, None, None]
    return images.astype(input.dtype)


def _padded(images: Array, around: Sides) -> Array:
    return np.pad(images.astype(np.float64), ((0, 0), (0, 0), *around))


def _by_group(array: Array, groups: int, axis: int) -> Array:
    """Split the channels at `axis` into (groups, channels of one group), in float64."""
    shape = array.shape
    split = (*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])
    return array.astype(np.float64).reshape(split)
