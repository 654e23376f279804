"""Max pooling and average pooling, and where their gradients go."""

from typing import NamedTuple

import numpy as np

from fastconv.reference.geometry import pair, reach, sides, taps, window_count
from fastconv.types import Array, Indices, OutputSize, Padding, Pair, Shape


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


def max_pool2d_input(grad_output: Array, indices: Indices, input_size: Shape) -> Array | None:
    """Gradient of max_pool2d for its input: all of it goes to the pixel that won.

        dL/dX[n,c,i] = sum over (p,q) with indices[n,c,p,q] = i of G[n,c,p,q],    i = h*W + w

    Grad_output G and indices (N, C, P, Q); returns an array of shape `input_size` = (N, C, H, W).
    A pixel that won several overlapping windows gets the sum. None where an index lies outside of the image.
    """
    N, C, H, W = input_size
    if ((indices < 0) | (indices >= H * W)).any():
        return None
    dX = np.zeros((N, C, H * W))
    n, c = np.arange(N)[:, None, None, None], np.arange(C)[:, None, None]
    np.add.at(dX, (n, c, indices), grad_output)
    return dX.reshape(input_size).astype(grad_output.dtype)


def avg_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Take the mean of every window.

        Z[n,c,p,q] = sum_{r,s} X[n, c, p*stride + r - top, q*stride + s - left] / K[p,q]

    over the taps that lie inside the image. K counts the pixels of the window, those of the padding
    too with `count_include_pad`; `divisor_override` takes its place. Input (N, C, H, W), stride
    None = kernel_size, `ceil_mode` as in `max_pool2d`: what a window has beyond the padding never
    counts. Returns Z (N, C, P, Q).
    """
    windows = average_windows(
        input.shape[2:], kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    return _means(input, *windows)


def avg_pool2d_input(
    grad_output: Array,
    input_size: Shape,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Gradient of avg_pool2d for its input: the pixels of a window get equal shares.

        dL/dX[n,c,h,w] = sum over the windows (p,q) that see (h,w) of G[n,c,p,q] / K[p,q]

    Grad_output G (N, C, P, Q), the other arguments and K those of `avg_pool2d`; returns an array
    of shape `input_size` = (N, C, H, W).
    """
    windows = average_windows(
        input_size[2:], kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    return _shares(grad_output, input_size, *windows)


def adaptive_avg_pool2d(input: Array, output_size: OutputSize) -> Array:
    """Take the means of P x Q windows that cover the image as evenly as whole pixels allow.

        Z[n,c,p,q] = mean of X[n,c,h,w] over p*H/P <= h < (p+1)*H/P, q*W/Q <= w < (q+1)*W/Q

    the lower limits rounded down, the upper ones up. Input (N, C, H, W), output_size P = Q or
    (P, Q), None for the size of the input. Returns Z (N, C, P, Q).
    """
    return _means(input, *adaptive_windows(input.shape[2:], output_size))


def adaptive_max_pool2d(
    input: Array, output_size: OutputSize, return_indices: bool = False
) -> Array | tuple[Array, Indices]:
    """Keep the largest pixels of P x Q windows that cover the image as `adaptive_avg_pool2d`'s do.

        Z[n,c,p,q] = max of X[n,c,h,w] over p*H/P <= h < (p+1)*H/P, q*W/Q <= w < (q+1)*W/Q

    Equal maxima and NaN as in `max_pool2d`, whose gradient is this one's too. Input (N, C, H, W).
    Returns Z (N, C, P, Q), with `return_indices` also the int64 positions h*W + w of the maxima.
    """
    rows, columns = adaptive_windows(input.shape[2:], output_size)
    Z = np.empty((*input.shape[:2], len(rows), len(columns)), input.dtype)
    indices = np.empty(Z.shape, np.int64)
    for p, (top, bottom, _) in enumerate(rows):
        for q, (left, right, S) in enumerate(columns):
            window = input[..., top:bottom, left:right].reshape(*Z.shape[:2], (bottom - top) * S)
            first = window.argmax(axis=2)  # a NaN is the maximum; the first of equals
            Z[..., p, q] = np.take_along_axis(window, first[..., None], axis=2)[..., 0]
            indices[..., p, q] = (top + first // S) * input.shape[3] + left + first % S
    return (Z, indices) if return_indices else Z


def adaptive_avg_pool2d_input(grad_output: Array, input_size: Shape) -> Array:
    """Gradient of adaptive_avg_pool2d for its input: the pixels of a window get equal shares.

        dL/dX[n,c,h,w] = sum over the windows (p,q) that see (h,w) of G[n,c,p,q] / K[p,q]

    K counts the pixels of a window. Grad_output G (N, C, P, Q), the windows those of
    `adaptive_avg_pool2d`; returns an array of shape `input_size` = (N, C, H, W).
    """
    P, Q = grad_output.shape[2:]
    return _shares(grad_output, input_size, *adaptive_windows(input_size[2:], (P, Q)))


class Window(NamedTuple):
    """The pixels `first` to `last` (exclusive) of one axis, and its factor of what a sum is divided by."""

    first: int
    last: int
    divisor: int


Windows = tuple[list[Window], list[Window]]
"""The windows of the rows and those of the columns; a window of the image is one of each."""


def average_windows(
    image: Shape,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Windows:
    """Return the windows of `avg_pool2d` for an image of (height, width) pixels."""
    kernel, around = pair(kernel_size), sides(padding)
    stride = kernel if stride is None else pair(stride)

    def windows(i: int, divisor: int | None) -> list[Window]:
        size, (before, after) = image[i], around[i]
        found = []
        for p in range(pooled_size(size, kernel[i], stride[i], around[i], 1, ceil_mode)):
            start = p * stride[i] - before
            end = min(start + kernel[i], size + after)
            first, last = max(start, 0), min(end, size)
            found.append(Window(first, last, divisor or (end - start if count_include_pad else last - first)))
        return found

    if divisor_override is None:
        return windows(0, None), windows(1, None)
    return windows(0, divisor_override), windows(1, 1)


def adaptive_windows(image: Shape, output_size: OutputSize) -> Windows:
    """Return the windows of `adaptive_avg_pool2d` for an image of (height, width) pixels."""
    P, Q = (output_size, output_size) if isinstance(output_size, int) else output_size

    def windows(size: int, count: int) -> list[Window]:
        limits = [(p * size // count, -(-(p + 1) * size // count)) for p in range(count)]
        return [Window(first, last, last - first) for first, last in limits]

    return windows(image[0], image[0] if P is None else P), windows(image[1], image[1] if Q is None else Q)


def _means(X: Array, rows: list[Window], columns: list[Window]) -> Array:
    Z = np.empty((*X.shape[:2], len(rows), len(columns)))
    for p, (top, bottom, R) in enumerate(rows):
        for q, (left, right, S) in enumerate(columns):
            Z[..., p, q] = X[..., top:bottom, left:right].sum(axis=(2, 3), dtype=np.float64) / (R * S)
    return Z.astype(X.dtype)


def _shares(G: Array, input_size: Shape, rows: list[Window], columns: list[Window]) -> Array:
    dX = np.zeros(input_size)
    for p, (top, bottom, R) in enumerate(rows):
        for q, (left, right, S) in enumerate(columns):
            dX[..., top:bottom, left:right] += G[..., p, q, None, None].astype(np.float64) / (R * S)
    return dX.astype(G.dtype)


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
