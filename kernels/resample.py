"""Images with other sizes: interpolated, padded or cropped, and with channels that become pixels.

Interpolation, padding and their gradients are one gather: an output is a sum of weighted inputs, its taps,
along two neighbouring axes of memory. Where every output is one input or none, neighbours that copy
neighbours are one run of memory. The tables of an axis (`Axis`):

    taps[p] : taps[p + 1]     where in taps and weights those of output p stand, behind these limits
    runs[s]                   first output, number of outputs, first input; -1 for none
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .engine.geometry import Geometry
from .engine.jit import get_num_threads, inline, kernel, share
from .engine.machine import lanes
from .memory.buffers import channels_last, constant, empty, empty_channels_last, plain, streams
from .simd import full, pour, read, write

WIDEST = 4
"""Most registers of one vector."""
WORK = 8.0
"""Of one element that is read or written (see jit.SERIAL_WORK)."""
UNROLLED = 2
"""Taps of an axis that the compiler knows: of bilinear interpolation, of the gradient of doubled pixels."""


class Axis(NamedTuple):
    """The tables of one axis."""

    taps: np.ndarray
    weights: np.ndarray
    runs: np.ndarray | None
    """None where an output is not one input as it is, or none."""
    each: int
    """The taps of every output; 0 where their numbers differ."""

    @property
    def outputs(self) -> int:
        """Before their taps stand their limits."""
        return int(self.taps[0]) - 1


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """y[n, c, p, q] = sum over the taps i of p and j of q of their weights times x[n, c, i, j]

    input (N, C, H, W) or (N, C, L) to (N, C, *size), or the sizes times the factors, channels-last; taps:
    `_interpolated`.
    """
    pixels = input.shape[2:]
    scales = scale_factor or (None,) * len(pixels)
    size = size or [int(n * scale) for n, scale in zip(pixels, scales, strict=True)]
    return _resampled(input, pixels, size, scales, mode, align_corners, False)


def interpolate_input(
    grad_output, input_size, size=None, scale_factor=None, mode="nearest", align_corners=None
):
    """dx[n, c, i, j] = sum over the outputs p, q that have i, j as taps of their weights times dy[n, c, p, q]

    grad_output (N, C, P, Q) or (N, C, P) to input_size (N, C, H, W) or (N, C, L), channels-last.
    """
    outputs = grad_output.shape[2:]
    scales = scale_factor or (None,) * len(outputs)
    return _resampled(grad_output, input_size[2:], outputs, scales, mode, align_corners, True)


def _resampled(x, pixels, outputs, scales, mode, align_corners, gradient):
    """An interpolation or its gradient, from the sizes of its axes; a signal is an image of height 1."""
    plane = x.ndim == 4
    rows, columns = (
        _interpolated(*axis, mode, align_corners, x.dtype, plane, gradient)
        for axis in [(1, 1, None), *zip(pixels, outputs, scales, strict=True)][-2:]
    )
    return _images(x, rows, columns) if plane else _images(x[:, :, None], rows, columns)[:, :, 0]


def pad(input, pad, mode="constant", value=0.0):
    """y[..., p, ...] = x[..., p - before, ...] along each axis, `value` or what `mode` says around it

    An array of any shape; `pad` is (before, after) of the last axis, of the last but one, and so on. Numbers
    below 0 crop. Images are channels-last.
    """
    return _along_axes(input, input.shape, pad, mode, float(value), False)


def pad_input(grad_output, input_size, pad, mode="constant"):
    """dx[..., i, ...] = sum of dy over all places where x[..., i, ...] went"""
    return _along_axes(grad_output, input_size, pad, mode, 0.0, True)


def pixel_shuffle(input, upscale_factor):
    """y[n, c, h * r + i, w * r + j] = x[n, c * r * r + i * r + j, h, w]; channels-last"""
    n, c, h, w = input.shape
    r = upscale_factor
    size = n, c // r**2, h * r, w * r
    return _regrouped(input, size, n * h, _groups(w, c // r**2, r, 0, input.dtype))


def pixel_shuffle_input(grad_output, upscale_factor):
    """dx[n, c * r * r + i * r + j, h, w] = dy[n, c, h * r + i, w * r + j]; channels-last"""
    n, c, h, w = grad_output.shape
    r = upscale_factor
    size = n, c * r**2, h // r, w // r
    return _regrouped(grad_output, size, n * (h // r), _groups(w // r, c, r, 1, grad_output.dtype))


@lru_cache(maxsize=1024)
def _interpolated(size, outputs, scale, mode, align_corners, dtype, plane, gradient):
    """The taps of one axis of images (`plane`) or of signals: PyTorch's positions, in the types it takes."""
    p = np.arange(outputs)
    if mode == "nearest" and plane and outputs in (size, 2 * size):
        at = p * size // outputs  # PyTorch's rule for images, whatever the scale
    elif mode == "nearest":
        real = np.float32 if plane else dtype.type
        step = real(1 / scale) if scale else real(size) / real(outputs)
        at = np.floor((p.astype(real) * step).astype(np.float32))
    elif outputs == size:
        at = p.astype(np.float64)
    elif align_corners:
        at = p * ((size - 1) / (outputs - 1) if outputs > 1 else 0.0)
    else:
        at = np.maximum((p + 0.5) * (1 / scale if scale else size / outputs) - 0.5, 0)
    first = np.minimum(at.astype(np.int64), size - 1)
    if mode == "nearest":
        return _table(p, first, np.ones(outputs), outputs, size, dtype, gradient)
    weight = np.clip(at - first, 0, 1)
    second = p if outputs == size else np.minimum(first + 1, size - 1)
    index, both = np.stack([first, second], 1).ravel(), np.stack([1 - weight, weight], 1).ravel()
    return _table(p.repeat(2), index, both, outputs, size, dtype, gradient)


@lru_cache(maxsize=1024)
def _padded(size, before, after, mode, dtype, gradient):
    """The taps of one padded axis: an input, or none where the value of `constant` stands."""
    at = np.arange(-before, size + after)
    outputs, inside = np.arange(len(at)), (at >= 0) & (at < size)
    if mode == "constant":
        at, outputs = at[inside], outputs[inside]
    elif mode == "replicate":
        at = np.clip(at, 0, size - 1)
    elif mode == "circular":
        start, kept = max(0, -before), size + min(0, before) + min(0, after)
        at = start + (at - start) % max(1, kept)
    else:
        at = size - 1 - np.abs(size - 1 - np.abs(at))
    return _table(outputs, at, np.ones(len(at)), len(inside), size, dtype, gradient)


def _table(output, tap, weight, outputs, size, dtype, gradient):
    """The tables of the taps of outputs; for the gradient, of the outputs as taps of the inputs."""
    if gradient:
        order = np.argsort(tap, kind="stable")
        output, tap, weight, outputs = tap[order], output[order], weight[order], size
    limits = np.searchsorted(output, np.arange(outputs + 1))
    counts = {*np.diff(limits).tolist()}
    weights = np.concatenate([np.zeros(outputs + 1), weight]).astype(dtype)
    return Axis(
        constant(np.concatenate([outputs + 1 + limits, tap])),
        constant(weights),
        _runs(output, tap, outputs) if counts <= {0, 1} and (weight == 1).all() else None,
        counts.pop() if len(counts) == 1 else 0,
    )


def _runs(output, tap, outputs):
    """The table `runs`, where no output has two taps."""
    source = np.full(outputs, -1)
    source[output] = tap
    apart = np.where(source[:-1] < 0, source[1:] >= 0, np.diff(source) != 1)
    first = np.concatenate([[0], np.flatnonzero(apart) + 1])[:outputs]
    return constant(np.stack([first, np.diff(first, append=outputs), source[first]], axis=1))


def _along_axes(x, input_size, pad, mode, value, gradient):
    """`pad` or its gradient: the rows and columns of images at once, every other axis alone."""
    sides = {len(input_size) - 1 - i: (pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)}
    tables = {
        axis: _padded(input_size[axis], *both, mode, x.dtype, gradient)
        for axis, both in sides.items()
        if any(both)
    }
    if x.ndim == 4 and (not tables or max(tables) > 1):
        rows, columns = (
            tables.pop(axis, None) or _padded(input_size[axis], 0, 0, mode, x.dtype, gradient)
            for axis in (2, 3)
        )
        x = _images(x, rows, columns, value)
    elif not tables:
        return x.copy()
    for axis in sorted(tables):
        x = _one_axis(x, axis, tables[axis], value)
    return x


def _images(x, rows, columns, fill=0.0):
    """The gather along the rows and columns of images, channels-last."""
    n, c, h, w = x.shape
    p, q = rows.outputs, columns.outputs
    line, output = empty_channels_last((n, c, p, q), x.dtype)
    _run(channels_last(x), line, (n, h, w, p, q, c), rows, columns, fill)
    return output


def _one_axis(x, axis, table, fill):
    """The gather along one axis of an array in C order."""
    shape, outputs = x.shape, table.outputs
    lead, trail = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    output = empty((*shape[:axis], outputs, *shape[axis + 1 :]), x.dtype)
    one = _padded(1, 0, 0, "constant", x.dtype, False)
    sizes = lead, 1, shape[axis], 1, outputs, trail
    _run(plain(x).ravel(), output.ravel(), sizes, one, table, fill)
    return output


@lru_cache(maxsize=1024)
def _geometry(height, width, outputs_h, outputs_w, channels, taps, dtype):
    """A vector is some registers that the channels fill, or one."""
    lane = lanes(dtype)
    wide = next((v * lane for v in (WIDEST, 2) if channels % (v * lane) == 0), lane)
    sizes = {
        "height": height, "width": width, "outputs_h": outputs_h, "outputs_w": outputs_w,
        "channels": channels, "vectors": -(-channels // wide),
    }  # fmt: skip
    return Geometry(sizes, lanes=wide, taps=taps)


@lru_cache(maxsize=1024)
def _copied(height, width, outputs_h, outputs_w, channels, dtype):
    sizes = {
        "height": height, "width": width, "outputs_h": outputs_h, "outputs_w": outputs_w, "channels": channels
    }  # fmt: skip
    return Geometry(sizes, lanes=lanes(dtype))


def _run(x, y, sizes, rows, columns, fill):
    """y = the gather of x; both flat, of the sizes n, h, w, p, q, c."""
    n, *plane = sizes
    if not y.size:
        return
    bypass, jobs, work = streams(y, plane[-1]), n * rows.outputs, WORK * (x.size + y.size)
    if rows.runs is not None and columns.runs is not None:
        _copy(jobs, work, _copied(*plane, y.dtype), x, y, rows.taps, columns.runs, fill, bypass)
        return
    taps = UNROLLED if rows.each == columns.each == UNROLLED else 0
    g = _geometry(*plane, taps, y.dtype)
    parts = min(g.vectors, -(-get_num_threads() // jobs))
    _gather(jobs * parts, work, g, x, y, *rows[:2], *columns[:2], fill, parts, bypass)


@lru_cache(maxsize=256)
def _groups(width, channels, factor, gather, dtype):
    # One geometry for each type of elements, because it keeps machine code.
    return Geometry({"width": width, "channels": channels}, gather=gather, factor=factor)


def _regrouped(x, size, rows, g):
    line, output = empty_channels_last(size, x.dtype)
    if line.size:
        _regroup(rows, 2 * WORK * line.size, g, channels_last(x), line, line.size // rows)
    return output


@kernel
def _copy(g, x, y, rows, runs, fill, bypass, first, last):
    """y[n, p, q, c] = x[n, i, j, c], where i and j are the taps of p and q, or `fill` where there are none

    x (N, H, W, C); rows the table `taps` of the rows, runs that of the columns. Overwrites y (N, P, Q, C),
    dense, past the caches if `bypass`. A job is one row (n, p).
    """
    nothing = full(y.dtype.type(fill), g.lanes)
    for job in range(first, last):
        n = job // g.outputs_h
        p = job - n * g.outputs_h
        for s in range(runs.shape[0]):
            to, size = (job * g.outputs_w + runs[s, 0]) * g.channels, runs[s, 1] * g.channels
            whole = size - size % g.lanes
            if rows[p] == rows[p + 1] or runs[s, 2] < 0:
                for i in range(0, whole, g.lanes):
                    pour(nothing, y, to + i, g.lanes, bypass)
                write(nothing, y, to + whole, size - whole)
            else:
                at = ((n * g.height + rows[rows[p]]) * g.width + runs[s, 2]) * g.channels
                for i in range(0, whole, g.lanes):
                    pour(read(x, at + i, g.lanes, g.lanes), y, to + i, g.lanes, bypass)
                write(read(x, at + whole, g.lanes, size - whole), y, to + whole, size - whole)


@inline
def _sum(g, x, at, start, rows, row_weights, r0, high, columns, column_weights, s0, wide, count):
    """start + the sum over `high` taps from r0 and `wide` taps from s0 of weights * x[rows[r], columns[s]]

    x[at] is the first element of an image, from the channels of this vector on.
    """
    total = full(start, g.lanes)
    for r in range(r0, r0 + high):
        row = at + rows[r] * g.width * g.channels
        for s in range(s0, s0 + wide):
            value = read(x, row + columns[s] * g.channels, g.lanes, count)
            total = total + (row_weights[r] * column_weights[s]) * value
    return total


@kernel
def _gather(
    g, x, y, rows, row_weights, columns, column_weights, fill, parts, bypass, first, last
):  # fmt: skip
    """y[n, p, q, c] = sum over the taps r of p and s of q of their weights * x[n, rows[r], columns[s], c]

    x (N, H, W, C), rows and columns the tables `taps` of the two axes, and their weights. Overwrites y
    (N, P, Q, C), dense, past the caches if `bypass`; an output without taps is `fill`. With g.taps every
    output has so many along both axes. A job is one row (n, p) and one of `parts` of its vectors of channels:
    one, unless there are fewer rows than threads. The taps are added in their order, to -0, which leaves a
    single one as it is.
    """
    for job in range(first, last):
        line = job // parts
        v0, v1 = share(g.vectors, parts, job - line * parts)
        n = line // g.outputs_h
        p = line - n * g.outputs_h
        r0 = rows[p]
        high = rows[p + 1] - r0
        for q in range(g.outputs_w):
            s0, to = columns[q], (line * g.outputs_w + q) * g.channels
            wide = columns[q + 1] - s0
            start = x.dtype.type(fill if high == 0 or wide == 0 else -0.0)
            for c in range(v0 * g.lanes, min(v1 * g.lanes, g.channels), g.lanes):
                count, at = min(g.lanes, g.channels - c), n * g.height * g.width * g.channels + c
                if g.taps:
                    total = _sum(
                        g, x, at, start, rows, row_weights, r0, g.taps,
                        columns, column_weights, s0, g.taps, count,
                    )  # fmt: skip
                else:
                    total = _sum(
                        g, x, at, start, rows, row_weights, r0, high,
                        columns, column_weights, s0, wide, count,
                    )  # fmt: skip
                pour(total, y, to + c, count, bypass)


@kernel
def _regroup(g, source, target, size, first, last):
    """target[i, w, j, c] = source[w, c, i, j], with g.gather target[w, c, i, j] = source[i, w, j, c]

    A job is one row of the smaller image, `size` elements in both arrays; i and j go to g.factor.
    """
    square = g.factor * g.factor
    for job in range(first, last):
        at = job * size
        for i in range(g.factor):
            for w in range(g.width):
                for j in range(g.factor):
                    pixels = at + ((i * g.width + w) * g.factor + j) * g.channels
                    channels = at + w * g.channels * square + i * g.factor + j
                    for c in range(g.channels):
                        if g.gather:
                            target[channels + c * square] = source[pixels + c]
                        else:
                            target[pixels + c] = source[channels + c * square]
