"""Max pooling as plans keep it: by the tap of each maximum, and with the convolution and ReLU before it."""

import numpy as np

from fastconv.reference.activation import relu
from fastconv.reference.conv import conv2d, conv2d_bias, conv2d_weight
from fastconv.reference.geometry import pair, sides
from fastconv.reference.pool import max_pool2d, max_pool2d_input
from fastconv.types import Array, Padding, Pair, Shape


def max_pool2d_placed(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """`max_pool2d` of windows that are apart, with the tap of each maximum, as uint8.

    place[n,c,p,q] = r*kW + s,    Z[n,c,p,q] = X[n, c, p*stride + r - top, q*stride + s - left]
    """
    Z, indices = max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices=True)
    first, width = _first_taps(Z.shape, kernel_size, stride, padding)
    r, s = np.divmod(indices, input.shape[3])
    return Z, ((r - first[0]) * width + s - first[1]).astype(np.uint8)


def max_pool2d_placed_input(
    grad_output: Array,
    places: Array,
    output: Array | None,
    input_size: Shape,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> Array:
    """`max_pool2d_input` by places; with `output`, G counts where that is positive.

    dL/dX[n,c,i,j] = G[n,c,p,q] where the place of (p,q) is the tap that lies on (i,j), else 0
    """
    first, width = _first_taps(places.shape, kernel_size, stride, padding)
    r, s = np.divmod(places.astype(np.int64), width)
    G = grad_output if output is None else np.where(output > 0, grad_output, 0)
    dX = max_pool2d_input(G, (first[0] + r) * input_size[3] + first[1] + s, input_size)
    assert dX is not None
    return dX


def _first_taps(
    outputs: Shape, kernel_size: Pair, stride: Pair | None, padding: Padding
) -> tuple[tuple[Array, Array], int]:
    """The row (P, 1) and the column (Q,) of the first tap of each window, and kW."""
    kernel = pair(kernel_size)
    (top, _), (left, _) = sides(padding)
    down, right = kernel if stride is None else pair(stride)
    return (np.arange(outputs[2])[:, None] * down - top, np.arange(outputs[3]) * right - left), kernel[1]


def conv2d_pooled(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
) -> tuple[Array, Array]:
    """Convolution, ReLU and max pooling of 2x2: its result, and the place of each maximum, in one type.

    Z = max(conv(X, W) + b, 0),    Y[n,k,p,q] = max_{r,s} Z[n,k,2p+r,2q+s]
    place[n,k,p,q] = 2r + s of the maximum, 4 where it is not positive
    """
    Z = relu(conv2d(input, weight, bias, stride, padding, dilation))
    Y, places = max_pool2d_placed(Z, 2)
    return Y, np.where(Y > 0, places, 4).astype(Y.dtype)


def conv2d_pooled_weight(
    input: Array,
    weight_size: Shape,
    grad_output: Array,
    places: Array,
    stride: Pair = 1,
    padding: Padding = 0,
    dilation: Pair = 1,
) -> Array:
    """`conv2d_weight` by the gradient of `conv2d_pooled`'s result, and its places.

    dL/dW = conv(X, dZ),    dZ[n,k,2p+r,2q+s] = G[n,k,p,q] where place[n,k,p,q] = 2r + s, else 0
    """
    geometry = stride, padding, dilation
    size = conv2d(input, np.zeros(weight_size, input.dtype), None, *geometry).shape
    return conv2d_weight(input, weight_size, _unpooled(grad_output, places, size), *geometry)


def conv2d_pooled_bias(grad_output: Array, places: Array, size: Shape) -> Array:
    """`conv2d_bias` by the gradient of `conv2d_pooled`'s result, and its places; `size` is that of Z.

    dL/db[k] = sum over n,p,q of G[n,k,p,q] where place[n,k,p,q] < 4
    """
    return conv2d_bias(_unpooled(grad_output, places, (*grad_output.shape[:2], *size)))


def _unpooled(grad_output: Array, places: Array, size: Shape) -> Array:
    """dZ of windows of 2x2: G at the place of the maximum, unless that is 4."""
    counts = np.where(places < 4, 1, 0)
    return max_pool2d_placed_input(grad_output, places.astype(np.uint8) % 4, counts, size, 2)
