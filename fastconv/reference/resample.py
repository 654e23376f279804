"""Images with other sizes: interpolated, padded or cropped, and with channels that become pixels.

Interpolation and padding take each axis alone: an output is a sum of weighted inputs, its taps.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from fastconv.types import Array, Indices, Shape

Scales: TypeAlias = tuple[float, ...]
"""The factor of each axis."""
Taps: TypeAlias = list[tuple[Indices, Array]]
"""For each tap the index of its input, by output, and its weight."""


def interpolate(
    input: Array,
    size: Shape | None = None,
    scale_factor: Scales | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Array:
    """Read the image at other positions.

    That of output p is

        nearest:         x(p) = p·s, rounded down
        bilinear:        x(p) = (p + ½)·s - ½, at least 0
        align_corners:   x(p) = p·(H - 1)/(P - 1)

    with s = H / P, or 1 / scale_factor, which makes P = H·scale_factor, rounded down. Bilinear takes the two
    pixels i <= x(p) < i + 1 with weights 1 - (x(p) - i) and x(p) - i, along both axes. Input (N, C, H, W),
    returns (N, C, P, Q) with (P, Q) = size; or (N, C, L), returns (N, C, P).
    PyTorch's rules: aten/src/ATen/native/UpSample.h.
    """
    y = input.astype(np.float64)
    for axis in range(2, input.ndim):
        scale = scale_factor[axis - 2] if scale_factor else None
        outputs = size[axis - 2] if size else int(input.shape[axis] * scale) if scale else 0
        y = _read(y, axis, _taps(input, input.shape[axis], outputs, scale, mode, align_corners))
    return y.astype(input.dtype)


def interpolate_input(
    grad_output: Array,
    input_size: Shape,
    size: Shape | None = None,
    scale_factor: Scales | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Array:
    """Gradient of interpolate for its input: each output's gradient goes to its taps, by their weights.

    dL/dX[n,c,i,j] = sum over the outputs p, q with taps i, j of weight(p, i)·weight(q, j)·G[n,c,p,q]
    """
    dx = grad_output.astype(np.float64)
    for axis in range(2, grad_output.ndim):
        scale = scale_factor[axis - 2] if scale_factor else None
        outputs = grad_output.shape[axis]
        taps = _taps(grad_output, input_size[axis], outputs, scale, mode, align_corners)
        dx = _written(dx, axis, input_size[axis], taps)
    return dx.astype(grad_output.dtype)


def pad(input: Array, pad: Sequence[int], mode: str = "constant", value: float = 0.0) -> Array:
    """Put `value`, or what `mode` says, around an array of any shape; numbers below 0 crop.

        Z[p] = X[p - before] where that is inside, along each axis

    `pad` is (before, after) of the last axis, then of the last but one, and so on.
    """
    y = input.copy()
    for axis, before, after in _sides(input.ndim, pad):
        index = _padded(input.shape[axis], before, after, mode)
        outside = index < 0
        kept = np.take(y, index[~outside], axis)
        y = np.full((*y.shape[:axis], len(index), *y.shape[axis + 1 :]), value, y.dtype)
        y[(slice(None),) * axis + (~outside,)] = kept
    return y


def pad_input(grad_output: Array, input_size: Shape, pad: Sequence[int], mode: str = "constant") -> Array:
    """Gradient of pad for its input: the sum of the gradients of all places where an element went.

    dL/dX[i] = sum over the outputs p that are X[i] of G[p], along each axis
    """
    dx = grad_output.astype(np.float64)
    for axis, before, after in _sides(len(input_size), pad):
        index = _padded(input_size[axis], before, after, mode)
        inside = index >= 0
        dx = np.compress(inside, dx, axis)
        dx = _written(dx, axis, input_size[axis], [(index[inside], np.ones(inside.sum()))])
    return dx.astype(grad_output.dtype)


def pixel_shuffle(input: Array, upscale_factor: int) -> Array:
    """Z[n, c, h·r + i, w·r + j] = X[n, c·r² + i·r + j, h, w]: (N, C·r², H, W) to (N, C, H·r, W·r).

    Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel
    convolutional neural network", 2016.
    """
    N, C, H, W = input.shape
    r = upscale_factor
    parts = input.reshape(N, C // r**2, r, r, H, W).transpose(0, 1, 4, 2, 5, 3)
    return parts.reshape(N, C // r**2, H * r, W * r).copy()


def pixel_shuffle_input(grad_output: Array, upscale_factor: int) -> Array:
    """Gradient of pixel_shuffle for its input: the pixels become channels again.

    dL/dX[n, c·r² + i·r + j, h, w] = G[n, c, h·r + i, w·r + j]
    """
    N, C, H, W = grad_output.shape
    r = upscale_factor
    parts = grad_output.reshape(N, C, H // r, r, W // r, r).transpose(0, 1, 3, 5, 2, 4)
    return parts.reshape(N, C * r**2, H // r, W // r).copy()


def _taps(
    like: Array, size: int, outputs: int, scale: float | None, mode: str, align_corners: bool | None
) -> Taps:
    """The taps of one axis of images or signals `like` these; PyTorch's positions differ among them."""
    p = np.arange(outputs)
    if mode == "nearest" and like.ndim == 4 and outputs in (size, 2 * size):
        at: Array = p * size // outputs  # whatever the scale
    elif mode == "nearest":
        real = np.float32 if like.ndim == 4 else like.dtype.type
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
        return [(first, np.ones(outputs))]
    second = p if outputs == size else np.minimum(first + 1, size - 1)
    weight = np.clip(at - first, 0, 1)
    return [(first, 1 - weight), (second, weight)]


def _sides(axes: int, pad: Sequence[int]) -> list[tuple[int, int, int]]:
    """The axes that are padded, each with what comes before and after."""
    return [(axes - 1 - i, pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)]


def _padded(size: int, before: int, after: int, mode: str) -> Indices:
    """The input that each output of an axis is; -1 where it is none."""
    at = np.arange(-before, size + after)
    if mode == "constant":
        return np.where((at >= 0) & (at < size), at, -1)
    if mode == "replicate":
        return np.clip(at, 0, size - 1)
    if mode == "circular":
        start, kept = max(0, -before), size + min(0, before) + min(0, after)
        return start + (at - start) % max(1, kept)
    return size - 1 - np.abs(size - 1 - np.abs(at))


def _read(x: Array, axis: int, taps: Taps) -> Array:
    """The outputs of one axis."""
    along = [1] * x.ndim
    along[axis] = -1
    return np.sum([np.take(x, index, axis) * weight.reshape(along) for index, weight in taps], axis=0)


def _written(dy: Array, axis: int, size: int, taps: Taps) -> Array:
    """The gradients of an axis of this size, given those of its outputs."""
    rows = np.moveaxis(dy, axis, 0)
    dx = np.zeros((size, *rows.shape[1:]))
    for index, weight in taps:
        np.add.at(dx, index, rows * weight.reshape(-1, *[1] * (dy.ndim - 1)))
    return np.moveaxis(dx, 0, axis)
