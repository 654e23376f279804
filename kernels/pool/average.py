"""Average pooling and its gradient, whose windows are tables (`windows.py`).

Both passes gather: an output reads the pixels of its window, a pixel's gradient the windows that see it.
"""

from functools import lru_cache

from fastconv.geometry import pair

from ..engine.geometry import Geometry
from ..engine.jit import get_num_threads, inline, kernel, share
from ..engine.machine import lanes
from ..memory.buffers import channels_last, empty_channels_last, streams
from ..simd import full, pour, read
from .table import AVERAGE, FORWARD, INPUT, Window, choose
from .windows import Windows, adaptive_windows, windows

WIDEST = 4
"""Most registers of one vector: neighbouring cache lines, and sums that do not wait for each other."""
WORK = 8.0
"""Of one element of the input, read or written (see jit.SERIAL_WORK)."""


def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):  # fmt: skip
    """y[n, c, p, q] = sum over r, s of x[n, c, p * stride + r - top, q * stride + s - left] / divisor

    input (N, C, H, W) to (N, C, P, Q), channels-last. The divisor counts the pixels of the window, with
    `count_include_pad` those of the padding too, unless it is given.
    """
    window = kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    return _pool(input, windows(*input.shape[2:], *window))


def avg_pool2d_input(
    grad_output, input_size, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
    divisor_override=None,
):  # fmt: skip
    """dx[n, c, i, j] = sum over the windows (p, q) that see (i, j) of dy[n, c, p, q] / divisor

    grad_output (N, C, P, Q), input_size (N, C, H, W), to (N, C, H, W), channels-last.
    """
    window = kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    return _pool_input(grad_output, input_size, windows(*input_size[2:], *window))


def adaptive_avg_pool2d(input, output_size):
    """y[n, c, p, q] = mean of x[n, c, p * H / P : (p + 1) * H / P, q * W / Q : (q + 1) * W / Q]

    the lower limits rounded down, the upper ones up. input (N, C, H, W) to (N, C, P, Q), channels-last.
    """
    return _pool(input, adaptive_windows(*input.shape[2:], *pair(output_size)))


def adaptive_avg_pool2d_input(grad_output, input_size):
    """dx[n, c, i, j] = sum over the windows (p, q) that see (i, j) of dy[n, c, p, q] / pixels of the window

    grad_output (N, C, P, Q), input_size (N, C, H, W), to (N, C, H, W), channels-last.
    """
    return _pool_input(grad_output, input_size, adaptive_windows(*input_size[2:], *grad_output.shape[2:]))


def _taps(which, window: Window) -> int:
    """The literal of a geometry: rows and columns of a window, or 0 for any number."""
    return choose(AVERAGE, which, window).plans[which](window)


@lru_cache(maxsize=1024)
def _geometry(channels, height, width, outputs_h, outputs_w, taps, dtype):
    """A vector is some registers that the channels fill, or the part of one that holds them."""
    lane = lanes(dtype)
    wide = (v * lane for v in (WIDEST, 2) if channels % (v * lane) == 0)
    narrow = (lane // v for v in (4, 2) if channels <= lane // v)
    vector = next(wide, next(narrow, lane))
    sizes = {
        "channels": channels, "height": height, "width": width, "outputs_h": outputs_h,
        "outputs_w": outputs_w, "vectors": -(-channels // vector),
    }  # fmt: skip
    return Geometry(sizes, taps=taps, lanes=vector, filled=int(channels % vector == 0))


def _pool(x, windows: Windows):
    n, c, h, w = x.shape
    p, q = len(windows.rows), len(windows.columns)
    line, output = empty_channels_last((n, c, p, q), x.dtype)
    if line.size:
        g = _geometry(c, h, w, p, q, _taps(FORWARD, windows.largest), x.dtype)
        parts = min(g.vectors, -(-get_num_threads() // (n * p)))
        work = WORK * n * h * w * g.vectors * g.lanes
        _forward(n * p * parts, work,
            g, channels_last(x), line, windows.rows, windows.columns, parts, streams(line, c),
        )  # fmt: skip
    return output


def _pool_input(dy, input_size, windows: Windows):
    n, c, h, w = input_size
    line, grad_input = empty_channels_last(input_size, dy.dtype)
    if line.size:
        g = _geometry(c, h, w, *dy.shape[2:], _taps(INPUT, windows.largest_reached), dy.dtype)
        work = WORK * n * h * w * g.vectors * g.lanes
        _backward(n * h, work, g, channels_last(dy), line, *windows[:4], streams(line, c))
    return grad_input


@inline
def _mean(g, x, at, x_row, rows, columns, divisor, y, to, pixels, count, bypass):
    """y[i, c] = sum over r < rows, s < columns of x[r, s, c] / divisor, for i < pixels and c < count

    The microkernel: one sum, which overwrites `pixels` neighbours of y from y[to]. x[at] is x[0, 0, 0], the
    rows of x are x_row apart.
    """
    total = full(x.dtype.type(0), g.lanes)
    for r in range(rows):
        for s in range(columns):
            total = total + read(x, at + r * x_row + s * g.channels, g.lanes, count)
    total = total / divisor
    for i in range(pixels):
        pour(total, y, to + i * g.channels, count, bypass)


@kernel
def _forward(g, x, y, rows, columns, parts, bypass, first, last):
    """y[n, p, q, c] = sum over the pixels (i, j) of window (p, q) of x[n, i, j, c] / divisor

    x (N, H, W, C), rows and columns the tables `windows` of the two axes. Overwrites y (N, P, Q, C), dense.
    Windows of g.taps x g.taps are unrolled, all others may have any size. A job is one row of output pixels
    and one of `parts` of its vectors of channels: one, unless there are fewer rows than threads.
    """
    x_row = g.width * g.channels
    for job in range(first, last):
        row = job // parts
        v0, v1 = share(g.vectors, parts, job - row * parts)
        n = row // g.outputs_h
        p = row - n * g.outputs_h
        high = rows[p, 1] - rows[p, 0]
        for q in range(g.outputs_w):
            wide, divisor = columns[q, 1] - columns[q, 0], rows[p, 2] * columns[q, 2]
            at = (n * g.height + rows[p, 0]) * x_row + columns[q, 0] * g.channels
            to = (row * g.outputs_w + q) * g.channels
            known = high == g.taps and wide == g.taps
            for c in range(v0 * g.lanes, min(v1 * g.lanes, g.channels), g.lanes):
                count = g.lanes if g.filled else min(g.lanes, g.channels - c)
                if known:
                    _mean(g, x, at + c, x_row, g.taps, g.taps, divisor, y, to + c, 1, count, bypass)
                else:
                    _mean(g, x, at + c, x_row, high, wide, divisor, y, to + c, 1, count, bypass)


@inline
def _sum_of_means(g, dy, image, rows, p0, p1, columns, q0, q1, dx, to, pixels, count, bypass):
    """dx[i, c] = sum over p0 <= p < p1, q0 <= q < q1 of dy[p, q, c] / divisor[p, q]

    As `_mean`, of windows whose divisors differ; dy[image] is its first element.
    """
    total = full(dy.dtype.type(0), g.lanes)
    for p in range(p0, p1):
        for q in range(q0, q1):
            value = read(dy, image + (p * g.outputs_w + q) * g.channels, g.lanes, count)
            total = total + value / (rows[p, 2] * columns[q, 2])
    for i in range(pixels):
        pour(total, dx, to + i * g.channels, count, bypass)


@kernel
def _backward(g, dy, dx, rows, columns, reached_rows, reached_columns, bypass, first, last):
    """dx[n, i, j, c] = sum over the windows (p, q) that see (i, j) of dy[n, p, q, c] / divisor[p, q]

    dy (N, P, Q, C), the four tables of `Windows`. Overwrites dx (N, H, W, C), dense. Where g.taps x g.taps
    windows see a pixel the sum is unrolled. A job is one row of input pixels; neighbours that the same
    windows see are computed once.
    """
    dy_row = g.outputs_w * g.channels
    for job in range(first, last):
        n = job // g.height
        i = job - n * g.height
        p0, p1 = reached_rows[i, 0], reached_rows[i, 1]
        j = 0
        while j < g.width:
            q0, q1, end = reached_columns[j, 0], reached_columns[j, 1], reached_columns[j, 2]
            divisor = reached_rows[i, 3] * reached_columns[j, 3]
            high, wide, pixels = p1 - p0, q1 - q0, end - j
            image, to = n * g.outputs_h * dy_row, (job * g.width + j) * g.channels
            at = image + p0 * dy_row + q0 * g.channels
            known = high == g.taps and wide == g.taps
            for c in range(0, g.channels, g.lanes):
                count = g.lanes if g.filled else min(g.lanes, g.channels - c)
                if divisor == 0:
                    _sum_of_means(
                        g, dy, image + c, rows, p0, p1, columns, q0, q1, dx, to + c, pixels, count, bypass
                    )
                elif known:
                    _mean(g, dy, at + c, dy_row, g.taps, g.taps, divisor, dx, to + c, pixels, count, bypass)
                else:
                    _mean(g, dy, at + c, dy_row, high, wide, divisor, dx, to + c, pixels, count, bypass)
            j = end
