"""Max pooling whose windows do not meet, with the tap of each maximum in a byte; plans need no indices.

Each pixel lies in one window at most, so its gradient is written once, from end to end of memory, and may be
masked on the way.
"""

import numpy as np

from fastconv.geometry import pair

from ..engine.jit import inline, kernel
from ..engine.machine import lanes
from ..memory.buffers import channels_last, empty_channels_last, streams
from ..simd import clear, full, pour, read, select
from ..window import reached
from .maximum import TAPS, pooled, pooling

PLACE = np.dtype(np.uint8)


def apart(kernel_size, stride=None, dilation=1, **_) -> bool:
    """Whether the windows of a max pooling do not meet, and a byte names a tap."""
    taps = pair(kernel_size)
    steps = zip(taps, pair(stride or taps), strict=True)
    return pair(dilation) == (1, 1) and taps[0] * taps[1] < 256 and all(size <= step for size, step in steps)


def pays(channels, dtype) -> bool:
    """Whether channels fill whole vectors: else the gradient is slower than to add it where indices say."""
    return channels % lanes(dtype) == 0


def max_pool2d_placed(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """`max_pool2d`, with the number of the tap, row by row, of each maximum: uint8, shaped as the result.

    Windows that are `apart`.
    """
    return pooled(input, (kernel_size, stride, padding, dilation, ceil_mode), TAPS, PLACE)


def max_pool2d_placed_input(
    grad_output, places, output, input_size, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False
):  # fmt: skip
    """dx[n, c, i, j] = dy of the window whose maximum (i, j) is, if there is one, else 0

    grad_output and places (N, C, P, Q) of windows that are `apart`, input_size (N, C, H, W), to (N, C, H, W),
    channels-last. With `output`, that of the pooling, dy counts where that is positive: the mask of a ReLU
    before it.
    """
    n, c, h, w = input_size
    window = kernel_size, stride, padding, dilation, ceil_mode
    g = pooling(c, h, w, *window, 0, grad_output.dtype)
    line, grad_input = empty_channels_last(input_size, grad_output.dtype)
    rectified = output is not None
    y = channels_last(output if rectified else grad_output)
    if line.size:
        _unpool(n * g.outputs_h, 8.0 * line.size, g, channels_last(grad_output), channels_last(places), y,
            line, rectified, streams(line, c),
        )  # fmt: skip
    return grad_input


@inline
def _unpool_window(g, dy, places, y, at, dx, to, r0, r1, s0, s1, count, rectified, bypass):
    """dx[to + (r * width + s) * channels + k] = dy[at + k] where places[at + k] is tap (r, s), else 0

    For r0 <= r < r1, s0 <= s < s1 and k < count; if `rectified`, where y[at + k] > 0, too.
    """
    slope, place = read(dy, at, g.lanes, count), read(places, at, g.lanes, count)
    if rectified:
        slope = select(read(y, at, g.lanes, count) > 0, slope, 0)
    for r in range(r0, r1):
        for s in range(s0, s1):
            won = place == full(np.uint8(r * g.taps_w + s), g.lanes)
            pour(select(won, slope, 0), dx, to + (r * g.width + s) * g.channels, count, bypass)


@kernel
def _unpool(g, dy, places, y, dx, rectified, bypass, first, last):
    """dx[n, p * stride + r - top, q * stride + s - left, c] = dy[n, p, q, c] if (r, s) is its place, else 0

    dy, places and y (N, P, Q, C); overwrites dx (N, H, W, C), past the caches if `bypass`. Windows do not
    meet; if `rectified`, dy counts where y > 0. A job is one row of windows: the rows of dx from its first to
    the next one's.
    """
    whole = g.taps_h == g.stride_h and g.taps_w == g.stride_w and g.outputs_w * g.taps_w == g.width
    for job in range(first, last):
        n = job // g.outputs_h
        p = job - n * g.outputs_h
        i = p * g.stride_h - g.top
        begin = max(i, 0) if p > 0 else 0
        end = min(i + g.stride_h, g.height) if p + 1 < g.outputs_h else g.height
        if end > begin and not (whole and end - begin == g.taps_h):
            clear(dx, (n * g.height + begin) * g.width * g.channels, (end - begin) * g.width * g.channels)
        r0, r1 = reached(i, g.taps_h, 1, g.height)
        for q in range(g.outputs_w):
            j = q * g.stride_w - g.left
            s0, s1 = reached(j, g.taps_w, 1, g.width)
            inside = g.taps and r1 - r0 == g.taps and s1 - s0 == g.taps
            at, to = (job * g.outputs_w + q) * g.channels, ((n * g.height + i) * g.width + j) * g.channels
            for c in range(0, g.channels, g.lanes):
                count = min(g.lanes, g.channels - c)
                if inside and count == g.lanes:
                    _unpool_window(
                        g, dy, places, y, at + c, dx, to + c, 0, g.taps, 0, g.taps, g.lanes, rectified, bypass
                    )  # fmt: skip
                elif inside:
                    _unpool_window(
                        g, dy, places, y, at + c, dx, to + c, 0, g.taps, 0, g.taps, count, rectified, bypass
                    )  # fmt: skip
                else:
                    _unpool_window(
                        g, dy, places, y, at + c, dx, to + c, r0, r1, s0, s1, count, rectified, bypass
                    )  # fmt: skip
