"""Max pooling, adaptive or not, and the routing of its gradient: the lanes run over neighbouring channels."""

from functools import lru_cache

import numpy as np

from fastconv.geometry import axes, pair

from ..engine.geometry import Geometry, vector
from ..engine.jit import get_num_threads, inline, kernel, share
from ..engine.machine import lanes
from ..memory.buffers import channels_last, empty, empty_channels_last, failed, streams
from ..simd import clear, full, pour, read, select, wins
from ..window import reached
from .table import FORWARD, MAXIMUM, Window, choose
from .windows import adaptive_windows

INDEX = np.dtype(np.int64)
NOTHING, PIXELS, TAPS = 0, 1, 2
"""What is told of a maximum: nothing, the number of its pixel in the image, or of its tap in the window."""


def max_pool2d(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):  # fmt: skip
    """y[n, c, p, q] = max over r, s of x[n, c, p * stride + r * dilation - top, ...]

    input (N, C, H, W) to (N, C, P, Q), channels-last, and with `return_indices` the int64 indices of the
    maxima, flat in H x W. The first maximum in row-major order; NaN wins; padding never does.
    """
    window = kernel_size, stride, padding, dilation, ceil_mode
    found = pooled(input, window, PIXELS if return_indices else NOTHING, INDEX)
    return found if return_indices else found[0]


def pooled(input, window, told, dtype):
    """The maxima of all windows, and what is told of each, in this type."""
    n, c, h, w = input.shape
    g = pooling(c, h, w, *window, told, input.dtype)
    size = n, c, g.outputs_h, g.outputs_w
    line, output = empty_channels_last(size, input.dtype)
    place_line, places = empty_channels_last(size if told else (0, 0, 0, 0), dtype)
    if line.size:
        work = line.size * (2.0 + g.taps_h * g.taps_w)
        _max(n * g.outputs_h, work, g, channels_last(input), line, place_line, streams(line, c))
    return output, places


@lru_cache(maxsize=1024)
def pooling(channels, h, w, kernel_size, stride, padding, dilation, ceil_mode, told, dtype):
    """Windows of 2x2 and 3x3 are known to the compiler as `taps`; the others share one kernel."""
    taps = pair(kernel_size)
    height, width = axes((h, w), taps, stride or taps, padding, dilation, ceil_mode)
    sizes = {
        "channels": channels, "height": h, "width": w, "top": height.before, "left": width.before,
        "outputs_h": height.outputs, "outputs_w": width.outputs, "taps_h": height.taps, "taps_w": width.taps,
        "stride_h": height.stride, "stride_w": width.stride, "dilation_h": height.dilation,
        "dilation_w": width.dilation,
    }  # fmt: skip
    window = Window(*taps)
    known = choose(MAXIMUM, FORWARD, window).plans[FORWARD](window)
    return Geometry(sizes, taps=known, told=told, lanes=lanes(dtype))


@inline
def _window(g, x, at, pixel, r0, r1, s0, s1, y, places, to, count, bypass):
    """y[to + c] = max over r0 <= r < r1, s0 <= s < s1 of x[r, s, c], c < count: the microkernel.

    x[at] is tap (0, 0), number `pixel` of its image. Overwrites y, and `places` with what g.told says of the
    pixels whose values won.
    """
    row = g.dilation_h * g.width
    first = r0 * row + s0 * g.dilation_w
    told = r0 * g.taps_w + s0 if g.told == TAPS else pixel + first
    best, winner = full(x.dtype.type(-np.inf), g.lanes), full(np.int32(told), g.lanes)
    for r in range(r0, r1):
        for s in range(s0, s1):
            offset = r * row + s * g.dilation_w
            value = read(x, at + offset * g.channels, g.lanes, count)
            better = wins(value, best)
            best = select(better, value, best)
            if g.told:
                told = r * g.taps_w + s if g.told == TAPS else pixel + offset
                winner = select(better, full(np.int32(told), g.lanes), winner)
    pour(best, y, to, count, bypass)
    if g.told:
        pour(winner, places, to, count, bypass)


@kernel
def _max(g, x, y, places, bypass, first, last):
    """y[n, p, q, c] = max over r, s of x[n, p * stride + r * dilation - top, ..., c], and where it lies

    x (N, H, W, C); overwrites y (N, P, Q, C), dense, and `places`, of y's shape, with what g.told says of the
    maxima. Any sizes; what lies in the padding is left out. A job is one row of output pixels.
    """
    taps_h, taps_w = (g.taps, g.taps) if g.taps else (g.taps_h, g.taps_w)
    for job in range(first, last):
        n = job // g.outputs_h
        i = (job - n * g.outputs_h) * g.stride_h - g.top
        r0, r1 = reached(i, g.taps_h, g.dilation_h, g.height)
        for q in range(g.outputs_w):
            j = q * g.stride_w - g.left
            s0, s1 = reached(j, g.taps_w, g.dilation_w, g.width)
            inside = r1 - r0 == g.taps_h and s1 - s0 == g.taps_w
            pixel, to = i * g.width + j, (job * g.outputs_w + q) * g.channels
            at = (n * g.height * g.width + pixel) * g.channels
            for c in range(0, g.channels, g.lanes):
                count = min(g.lanes, g.channels - c)
                if inside and count == g.lanes:
                    _window(
                        g, x, at + c, pixel, 0, taps_h, 0, taps_w, y, places, to + c, g.lanes, bypass
                    )  # fmt: skip
                elif inside:
                    _window(g, x, at + c, pixel, 0, taps_h, 0, taps_w, y, places, to + c, count, bypass)
                else:
                    _window(g, x, at + c, pixel, r0, r1, s0, s1, y, places, to + c, count, bypass)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """y[n, c, p, q] = max of x[n, c, p * H / P : (p + 1) * H / P, q * W / Q : (q + 1) * W / Q]

    the lower limits rounded down, the upper ones up. input (N, C, H, W) to (N, C, P, Q), channels-last, and
    with `return_indices` the indices as in `max_pool2d`.
    """
    n, c, h, w = input.shape
    windows = adaptive_windows(h, w, *pair(output_size))
    size = n, c, len(windows.rows), len(windows.columns)
    line, output = empty_channels_last(size, input.dtype)
    index_line, indices = empty_channels_last(size if return_indices else (0, 0, 0, 0), INDEX)
    if line.size:
        g = _adaptive_geometry(c, h, w, *size[2:], return_indices, input.dtype)
        tables = windows.rows, windows.columns
        _adaptive_max(
            n * size[2],
            4.0 * input.size,
            g,
            channels_last(input),
            line,
            index_line,
            *tables,
            streams(line, c),
        )
    return (output, indices) if return_indices else output


@lru_cache(maxsize=1024)
def _adaptive_geometry(channels, h, w, outputs_h, outputs_w, indices, dtype):
    sizes = {
        "channels": channels, "height": h, "width": w, "outputs_h": outputs_h, "outputs_w": outputs_w,
    }  # fmt: skip
    return Geometry(sizes, told=int(indices), dilation_h=1, dilation_w=1, lanes=lanes(dtype))


@kernel
def _adaptive_max(g, x, y, indices, rows, columns, bypass, first, last):
    """y[n, p, q, c] = max over the pixels (i, j) of window (p, q) of x[n, i, j, c], and where it lies

    x (N, H, W, C), rows and columns the tables `windows` of the two axes. Overwrites y (N, P, Q, C), dense,
    and if g.told the indices in H x W of the maxima, of y's shape. A job is one row of output pixels.
    """
    for job in range(first, last):
        n = job // g.outputs_h
        p = job - n * g.outputs_h
        i, high = rows[p, 0], rows[p, 1] - rows[p, 0]
        for q in range(g.outputs_w):
            j, wide = columns[q, 0], columns[q, 1] - columns[q, 0]
            pixel, to = i * g.width + j, (job * g.outputs_w + q) * g.channels
            at = (n * g.height * g.width + pixel) * g.channels
            for c in range(0, g.channels, g.lanes):
                count = min(g.lanes, g.channels - c)
                _window(g, x, at + c, pixel, 0, high, 0, wide, y, indices, to + c, count, bypass)


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
        wrong = empty((n * parts,), INDEX)
        _route(n * parts, 64.0 * grad_output.size + 8.0 * grad_input.size,
            vector(line.dtype), channels_last(grad_output), channels_last(indices), line,
            wrong, c, outputs, h * w, parts,
        )  # fmt: skip
        if failed(wrong):
            return None
    return grad_input


@kernel
def _route(g, dy, indices, dx, wrong, channels, outputs, inputs, parts, first, last):
    """dx[n, indices[n, output, c], c] += dy[n, output, c], where indices count the pixels of an image

    dy and indices (N, outputs, C); overwrites dx (N, inputs, C). wrong[job] is 1 where an index lies outside
    of the image, else 0. A job is one of `parts` of the pixels of one image of dx: it clears them, then adds,
    in the order of the outputs, what goes there.
    """
    for job in range(first, last):
        n = job // parts
        begin, end = share(inputs, parts, job - n * parts)
        image, failures = n * inputs * channels, 0
        clear(dx, image + begin * channels, (end - begin) * channels)
        for pixel in range(n * outputs, (n + 1) * outputs):
            for c in range(channels):
                at = np.uint64(pixel * channels + c)  # Numba would count a negative index from the end
                index = indices[at]
                if begin <= index < end:
                    dx[np.uint64(image + index * channels + c)] += dy[at]
                elif not 0 <= index < inputs:
                    failures = 1
        wrong[job] = failures
