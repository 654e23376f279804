"""Max pooling and the routing of its gradient, channels-last: the lanes run over neighbouring channels."""

import numpy as np

from .buffers import channels_last, empty_channels_last
from .jit import get_num_threads, kernel, share
from .shape import Axis, axes, pair


def _extended(axis: Axis) -> Axis:
    """The axis with a last window that the input fills in part, if one starts inside it (ceil_mode)."""
    longer = axis._replace(after=axis.after + axis.stride - 1)
    return longer if (longer.outputs - 1) * axis.stride < axis.size + axis.before else axis


def max_pool2d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):  # fmt: skip
    """y[n, c, p, q] = max over r, s of x[n, c, p * stride + r * dilation - top, ...]

    input (N, C, H, W) to (N, C, P, Q), channels-last, and with `return_indices` the int64 places of the
    maxima, flat in H x W. The first maximum in row-major order; NaN wins; padding never does.
    """
    kernel_size = pair(kernel_size)
    steps = kernel_size if stride is None else stride
    height, width = axes(input.shape, kernel_size, steps, padding, dilation)
    if ceil_mode:
        height, width = _extended(height), _extended(width)
    n, c = input.shape[:2]
    shape = (n, c, height.outputs, width.outputs)
    output = empty_channels_last(shape, input.dtype)
    indices = empty_channels_last(shape, np.dtype(np.int64))
    if output.size:
        _max(n * height.outputs, 4.0 * output.size * height.taps * width.taps,
            channels_last(input), channels_last(output), channels_last(indices), c,
            height.size, height.outputs, height.taps, height.stride, height.dilation, height.before,
            width.size, width.outputs, width.taps, width.stride, width.dilation, width.before,
        )  # fmt: skip
    return (output, indices) if return_indices else output


@kernel
def _max(
    x, y, indices, channels, h, outputs_h, taps_h, stride_h, dilation_h, top,
    w, outputs_w, taps_w, stride_w, dilation_w, left, first, last,
):  # fmt: skip
    """A job is one row of output pixels."""
    for job in range(first, last):
        n = job // outputs_h
        row = (job - n * outputs_h) * stride_h - top
        for q in range(outputs_w):
            to = (job * outputs_w + q) * channels
            column = q * stride_w - left
            fresh = True
            for r in range(taps_h):
                i = row + r * dilation_h
                if i < 0 or i >= h:
                    continue
                for s in range(taps_w):
                    j = column + s * dilation_w
                    if j < 0 or j >= w:
                        continue
                    at = ((n * h + i) * w + j) * channels
                    place = i * w + j
                    if fresh:
                        for c in range(channels):
                            y[to + c] = x[at + c]
                            indices[to + c] = place
                        fresh = False
                        continue
                    for c in range(channels):
                        value, best = x[at + c], y[to + c]
                        wins = value > best or (value != value and best == best)
                        y[to + c] = value if wins else best
                        indices[to + c] = place if wins else indices[to + c]


def max_pool2d_input(grad_output, indices, input_size):
    """dx[n, c, indices[n, c, p, q]] += dy[n, c, p, q]: the gradient goes to the maxima.

    grad_output and indices (N, C, P, Q), input_size (N, C, H, W), to (N, C, H, W), channels-last.
    """
    n, c, h, w = input_size
    grad_input = empty_channels_last((n, c, h, w), grad_output.dtype)
    outputs = grad_output.shape[2] * grad_output.shape[3]
    if grad_input.size:
        parts = min(c, -(-get_num_threads() // n))
        _route(n * parts, 2.0 * grad_input.size + 4.0 * grad_output.size,
            channels_last(grad_output), channels_last(indices), channels_last(grad_input),
            c, outputs, h * w, parts,
        )  # fmt: skip
    return grad_input


@kernel
def _route(dy, indices, dx, channels, outputs, inputs, parts, first, last):
    """A job is one part of the channels of one image."""
    for job in range(first, last):
        n = job // parts
        c0, c1 = share(channels, parts, job - n * parts)
        for pixel in range(n * inputs, (n + 1) * inputs):
            for c in range(c0, c1):
                dx[pixel * channels + c] = 0
        for pixel in range(n * outputs, (n + 1) * outputs):
            for c in range(c0, c1):
                at = pixel * channels + c
                dx[(n * inputs + indices[at]) * channels + c] += dy[at]
