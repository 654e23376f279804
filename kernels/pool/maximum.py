"""Max pooling and the routing of its gradient, channels-last: the lanes run over neighbouring channels."""

from functools import lru_cache

import numpy as np

from fastconv.geometry import axes, pair

from ..engine.geometry import Geometry, vector
from ..engine.jit import get_num_threads, inline, kernel, share
from ..engine.machine import lanes
from ..memory.buffers import channels_last, empty, empty_channels_last, failed, streams
from ..simd import clear, full, pour, read, select, wins
from ..window import reached

_INDEX = np.dtype(np.int64)


def max_pool2d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):  # fmt: skip
    """y[n, c, p, q] = max over r, s of x[n, c, p * stride + r * dilation - top, ...]

    input (N, C, H, W) to (N, C, P, Q), channels-last, and with `return_indices` the int64 places of the
    maxima, flat in H x W. The first maximum in row-major order; NaN wins; padding never does.
    """
    n, c, h, w = input.shape
    p, q, work, sizes = _plan(h, w, kernel_size, stride, padding, dilation, ceil_mode)
    line, output = empty_channels_last((n, c, p, q), input.dtype)
    places, indices = empty_channels_last((n, c, p, q) if return_indices else (0, 0, 0, 0), _INDEX)
    if line.size:
        g = _geometry(kernel_size, return_indices, input.dtype)
        flat = channels_last(input), line, places
        _max(n * p, line.size * work, g, *flat, c, *sizes, streams(line, c))
    return (output, indices) if return_indices else output


@lru_cache(maxsize=1024)
def _plan(h, w, kernel_size, stride, padding, dilation, ceil_mode):
    """Rows and columns of the output, operations for each of its elements, and the kernel's integers."""
    kernel_size = pair(kernel_size)
    height, width = axes((h, w), kernel_size, stride or kernel_size, padding, dilation, ceil_mode)
    sizes = tuple(
        i for a in (height, width) for i in (a.size, a.outputs, a.taps, a.stride, a.dilation, a.before)
    )
    return height.outputs, width.outputs, 2.0 + height.taps * width.taps, sizes


@lru_cache(maxsize=1024)
def _geometry(kernel_size, indices, dtype):
    """Windows of 2x2 and 3x3 are known to the compiler, the others share one kernel."""
    taps = pair(kernel_size)
    known = taps[0] if taps in ((2, 2), (3, 3)) else 0
    return Geometry(taps=known, indices=int(indices), lanes=lanes(dtype))


@inline
def _window(g, x, at, place, row, column, r0, r1, s0, s1, channels, y, indices, to, count, bypass):
    """One output of `count` neighbouring channels; tap (0, 0) is x[at], pixel `place` of its plane."""
    first = r0 * row + s0 * column
    best, winner = full(x.dtype.type(-np.inf), g.lanes), full(np.int32(place + first), g.lanes)
    for r in range(r0, r1):
        for s in range(s0, s1):
            here = r * row + s * column
            value = read(x, at + here * channels, g.lanes, count)
            better = wins(value, best)
            best = select(better, value, best)
            if g.indices:
                winner = select(better, full(np.int32(place + here), g.lanes), winner)
    pour(best, y, to, count, bypass)
    if g.indices:
        pour(winner, indices, to, count, bypass)


@kernel
def _max(
    g, x, y, indices, channels, h, outputs_h, taps_h, stride_h, dilation_h, top,
    w, outputs_w, taps_w, stride_w, dilation_w, left, bypass, first, last,
):  # fmt: skip
    """A job is one row of output pixels."""
    whole_h, whole_w = (g.taps, g.taps) if g.taps else (taps_h, taps_w)
    row = dilation_h * w
    for job in range(first, last):
        n = job // outputs_h
        i = (job - n * outputs_h) * stride_h - top
        r0, r1 = reached(i, taps_h, dilation_h, h)
        for q in range(outputs_w):
            j = q * stride_w - left
            s0, s1 = reached(j, taps_w, dilation_w, w)
            whole = r1 - r0 == taps_h and s1 - s0 == taps_w
            place, to = i * w + j, (job * outputs_w + q) * channels
            at = (n * h * w + place) * channels
            for c in range(0, channels, g.lanes):
                count = min(g.lanes, channels - c)
                if whole and count == g.lanes:
                    _window(
                        g, x, at + c, place, row, dilation_w, 0, whole_h, 0, whole_w, channels,
                        y, indices, to + c, g.lanes, bypass,
                    )  # fmt: skip
                elif whole:
                    _window(
                        g, x, at + c, place, row, dilation_w, 0, whole_h, 0, whole_w, channels,
                        y, indices, to + c, count, bypass,
                    )  # fmt: skip
                else:
                    _window(
                        g, x, at + c, place, row, dilation_w, r0, r1, s0, s1, channels,
                        y, indices, to + c, count, bypass,
                    )  # fmt: skip


def max_pool2d_input(grad_output, indices, input_size):
    """dx[n, c, indices[n, c, p, q]] += dy[n, c, p, q]: the gradient goes to the maxima.

    grad_output and indices (N, C, P, Q), input_size (N, C, H, W), to (N, C, H, W), channels-last. None where
    an index lies outside of the image.
    """
    n, c, h, w = input_size
    line, grad_input = empty_channels_last(input_size, grad_output.dtype)
    outputs = grad_output.shape[2] * grad_output.shape[3]
    if line.size:
        parts = min(h * w, -(-get_num_threads() // n))
        wrong = empty((n * parts,), _INDEX)
        _route(n * parts, 64.0 * grad_output.size + 8.0 * grad_input.size,
            vector(line.dtype), channels_last(grad_output), channels_last(indices), line,
            wrong, c, outputs, h * w, parts,
        )  # fmt: skip
        if failed(wrong):
            return None
    return grad_input


@kernel
def _route(g, dy, indices, dx, wrong, channels, outputs, inputs, parts, first, last):
    """A job is one part of the pixels of one image of dx: it clears them and adds what goes there."""
    for job in range(first, last):
        n = job // parts
        begin, end = share(inputs, parts, job - n * parts)
        image, failures = n * inputs * channels, 0
        clear(dx, image + begin * channels, (end - begin) * channels)
        for pixel in range(n * outputs, (n + 1) * outputs):
            for c in range(channels):
                at = np.uint64(pixel * channels + c)  # Numba would count a negative index from the end
                place = indices[at]
                if begin <= place < end:
                    dx[np.uint64(image + place * channels + c)] += dy[at]
                elif not 0 <= place < inputs:
                    failures = 1
        wrong[job] = failures
