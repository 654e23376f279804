"""Average pooling and the shares of its gradient.

A window is a range of rows by a range of columns, so that tables of the two axes say all of a layer, whether
it is adaptive or not:

    windows[p] = first, last (exclusive), divisor       the pixels of window p, its factor of the divisor
    reached[i] = first, last (exclusive), end, divisor  the windows that see pixel i and all before `end`,
                                                        their factor if they have the same, else 0

Both passes gather: an output reads the pixels of its window, a pixel's gradient the windows that see it.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from fastconv.geometry import Axis, axes, pair

from ..engine.geometry import Geometry
from ..engine.jit import get_num_threads, inline, kernel, share
from ..engine.machine import lanes
from ..memory.buffers import channels_last, constant, empty_channels_last, streams
from ..simd import full, pour, read

WIDEST = 4
"""Most registers of one vector: neighbouring lines of memory, and sums that do not wait for each other."""
WORK = 8.0
"""Of one element of the input, read or written (see jit.SERIAL_WORK)."""


class Plan(NamedTuple):
    """The windows of the rows and of the columns, and what reaches the rows and the columns."""

    rows: np.ndarray
    columns: np.ndarray
    reached_rows: np.ndarray
    reached_columns: np.ndarray
    taps: int
    """Rows and columns of a window, where the compiler shall know them, else 0."""
    reached_taps: int
    """Likewise, windows along each axis that see a pixel."""


def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):  # fmt: skip
    """y[n, c, p, q] = sum over r, s of x[n, c, p * stride + r - top, q * stride + s - left] / divisor

    input (N, C, H, W) to (N, C, P, Q), channels-last. The divisor counts the pixels of the window, with
    `count_include_pad` those of the padding too, unless it is given.
    """
    window = kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    return _means(input, _plan(*input.shape[2:], *window))


def avg_pool2d_input(
    grad_output, input_size, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None,
):  # fmt: skip
    """dx[n, c, i, j] = sum over the windows (p, q) that see (i, j) of dy[n, c, p, q] / divisor

    grad_output (N, C, P, Q), input_size (N, C, H, W), to (N, C, H, W), channels-last.
    """
    window = kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    return _shares(grad_output, input_size, _plan(*input_size[2:], *window))


def adaptive_avg_pool2d(input, output_size):
    """y[n, c, p, q] = mean of x[n, c, p * H / P : (p + 1) * H / P, q * W / Q : (q + 1) * W / Q]

    the lower limits rounded down, the upper ones up. input (N, C, H, W) to (N, C, P, Q), channels-last.
    """
    return _means(input, _adaptive_plan(*input.shape[2:], *pair(output_size)))


def adaptive_avg_pool2d_input(grad_output, input_size):
    """dx[n, c, i, j] = sum over the windows (p, q) that see (i, j) of dy[n, c, p, q] / pixels of the window

    grad_output (N, C, P, Q), input_size (N, C, H, W), to (N, C, H, W), channels-last.
    """
    return _shares(grad_output, input_size, _adaptive_plan(*input_size[2:], *grad_output.shape[2:]))


@lru_cache(maxsize=1024)
def _plan(h, w, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor):
    kernel_size = pair(kernel_size)
    both = axes((h, w), kernel_size, stride or kernel_size, padding, 1)
    rows, columns = (_windows(axis, ceil_mode, count_include_pad) for axis in both)
    if divisor is not None:
        rows[:, 2], columns[:, 2] = divisor, 1
    return _planned(rows, columns, h, w)


@lru_cache(maxsize=1024)
def _adaptive_plan(h, w, p, q):
    return _planned(_adaptive_windows(h, p or h), _adaptive_windows(w, q or w), h, w)


def _planned(rows, columns, h, w):
    reached_rows, reached_columns = _reached(rows, h), _reached(columns, w)
    known = _known(rows, columns), _known(reached_rows, reached_columns)
    tables = constant(rows), constant(columns), constant(reached_rows), constant(reached_columns)
    return Plan(*tables, *known)


def _known(*tables):
    """The length of the longest range if it is the same in both tables, and at most 3, else 0."""
    high, wide = (int((table[:, 1] - table[:, 0]).max()) for table in tables)
    return high if high == wide <= 3 else 0


def _windows(axis: Axis, ceil_mode: bool, count_include_pad: bool) -> np.ndarray:
    outputs = (axis.extended() if ceil_mode else axis).outputs
    start = np.arange(outputs) * axis.stride - axis.before
    first, last = np.maximum(start, 0), np.minimum(start + axis.taps, axis.size)
    padded = np.minimum(start + axis.taps, axis.size + axis.after) - start
    return np.stack([first, last, padded if count_include_pad else last - first], axis=1)


def _adaptive_windows(size: int, outputs: int) -> np.ndarray:
    places = np.arange(outputs + 1) * size
    first, last = places[:-1] // outputs, -(-places[1:] // outputs)
    return np.stack([first, last, last - first], axis=1)


def _reached(windows: np.ndarray, size: int) -> np.ndarray:
    """The table `reached` of an axis of so many pixels."""
    pixels, changes = np.arange(size), np.cumsum(np.diff(windows[:, 2], prepend=0) != 0)
    first = np.searchsorted(windows[:, 1], pixels, side="right")
    last = np.searchsorted(windows[:, 0], pixels, side="right")
    end = np.searchsorted(first + last, first + last, side="right")
    one = np.minimum(first, len(windows) - 1)
    shared = changes[one] == changes[np.maximum(last - 1, one)]
    return np.stack([first, last, end, np.where(shared, windows[one, 2], 0)], axis=1)


@lru_cache(maxsize=1024)
def _geometry(channels, taps, dtype):
    """A vector is some registers that the channels fill, or the part of one that holds them."""
    lane = lanes(dtype)
    wide = (v * lane for v in (WIDEST, 2) if channels % (v * lane) == 0)
    narrow = (lane // v for v in (4, 2) if channels <= lane // v)
    width = next(wide, next(narrow, lane))
    return Geometry(taps=taps, lanes=width, whole=int(channels % width == 0))


def _means(x, plan):
    n, c, h, w = x.shape
    rows, columns = plan.rows, plan.columns
    line, output = empty_channels_last((n, c, len(rows), len(columns)), x.dtype)
    if line.size:
        g = _geometry(c, plan.taps, x.dtype)
        lines, vectors = n * len(rows), -(-c // g.lanes)
        parts = min(vectors, -(-get_num_threads() // lines))
        flat = channels_last(x), line
        work = WORK * n * h * w * vectors * g.lanes
        _forward(lines * parts, work, g, *flat, rows, columns, c, h, w, vectors, parts, streams(line, c))
    return output


@inline
def _mean(g, x, at, line, rows, columns, channels, divisor, y, to, width, count, bypass):
    """The sum of rows x columns pixels / divisor, for `count` channels, to `width` pixels of y."""
    total = full(x.dtype.type(0), g.lanes)
    for r in range(rows):
        for s in range(columns):
            total = total + read(x, at + r * line + s * channels, g.lanes, count)
    total = total / divisor
    for j in range(width):
        pour(total, y, to + j * channels, count, bypass)


@kernel
def _forward(g, x, y, rows, columns, channels, h, w, vectors, parts, bypass, first, last):
    """A job is one part of the channels of one row of output pixels."""
    line, outputs_h, outputs_w = w * channels, rows.shape[0], columns.shape[0]
    for job in range(first, last):
        row = job // parts
        v0, v1 = share(vectors, parts, job - row * parts)
        n = row // outputs_h
        p = row - n * outputs_h
        high = rows[p, 1] - rows[p, 0]
        for q in range(outputs_w):
            wide, divisor = columns[q, 1] - columns[q, 0], rows[p, 2] * columns[q, 2]
            at = (n * h + rows[p, 0]) * line + columns[q, 0] * channels
            to = (row * outputs_w + q) * channels
            known = high == g.taps and wide == g.taps
            for c in range(v0 * g.lanes, min(v1 * g.lanes, channels), g.lanes):
                count = g.lanes if g.whole else min(g.lanes, channels - c)
                if known:
                    _mean(g, x, at + c, line, g.taps, g.taps, channels, divisor, y, to + c, 1, count, bypass)
                else:
                    _mean(g, x, at + c, line, high, wide, channels, divisor, y, to + c, 1, count, bypass)


def _shares(dy, input_size, plan):
    n, c, h, w = input_size
    line, grad_input = empty_channels_last(input_size, dy.dtype)
    if line.size:
        g = _geometry(c, plan.reached_taps, dy.dtype)
        flat = channels_last(dy), line
        work = WORK * n * h * w * -(-c // g.lanes) * g.lanes
        _backward(n * h, work, g, *flat, *plan[:4], c, streams(line, c))
    return grad_input


@inline
def _sum_of_means(g, dy, at, rows, p0, p1, columns, q0, q1, channels, dx, to, width, count, bypass):
    """As `_mean`, of windows that have divisors of their own."""
    total = full(dy.dtype.type(0), g.lanes)
    for p in range(p0, p1):
        for q in range(q0, q1):
            value = read(dy, at + (p * columns.shape[0] + q) * channels, g.lanes, count)
            total = total + value / (rows[p, 2] * columns[q, 2])
    for j in range(width):
        pour(total, dx, to + j * channels, count, bypass)


@kernel
def _backward(g, dy, dx, rows, columns, reached_rows, reached_columns, channels, bypass, first, last):
    """A job is one row of input pixels."""
    h, w = reached_rows.shape[0], reached_columns.shape[0]
    line, image = columns.shape[0] * channels, rows.shape[0] * columns.shape[0] * channels
    for job in range(first, last):
        n = job // h
        i = job - n * h
        p0, p1 = reached_rows[i, 0], reached_rows[i, 1]
        j = 0
        while j < w:
            q0, q1, end = reached_columns[j, 0], reached_columns[j, 1], reached_columns[j, 2]
            divisor = reached_rows[i, 3] * reached_columns[j, 3]
            high, wide, run = p1 - p0, q1 - q0, end - j
            at, to = n * image + p0 * line + q0 * channels, (job * w + j) * channels
            known = high == g.taps and wide == g.taps
            for c in range(0, channels, g.lanes):
                count = g.lanes if g.whole else min(g.lanes, channels - c)
                if divisor == 0:
                    _sum_of_means(
                        g, dy, n * image + c, rows, p0, p1, columns, q0, q1, channels, dx, to + c, run, count,
                        bypass,
                    )  # fmt: skip
                elif known:
                    _mean(
                        g,
                        dy,
                        at + c,
                        line,
                        g.taps,
                        g.taps,
                        channels,
                        divisor,
                        dx,
                        to + c,
                        run,
                        count,
                        bypass,
                    )
                else:
                    _mean(g, dy, at + c, line, high, wide, channels, divisor, dx, to + c, run, count, bypass)
            j = end
