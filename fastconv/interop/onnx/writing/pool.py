"""Poolings: windows of one size, and those that follow from the number of outputs."""

import math
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.geometry import Axis, same_upper
from fastconv.interop.onnx.writing.convolution import pads
from fastconv.interop.onnx.writing.graph import Place
from fastconv.interop.onnx.writing.shape import sliced
from fastconv.types import Array


def max_pool(at: Place, layer: nn.MaxPool1d | nn.MaxPool2d, x: str) -> str:
    """A last window that is filled partly (ceil_mode) sees padding at the end."""
    axes = [reached for reached, _ in _axes(at, layer)]
    sides = _sides(axes)
    if any(max(axis.before, axis.after) >= axis.taps for axis in axes):  # more than ONNX lets a pooling have
        around = at.integers("pads", *pads([(0, 0), (0, 0), *sides]))
        x = at.node("Pad", x, around, at.numbers("value", -math.inf))
        sides = [(0, 0)] * len(axes)
    return at.node("MaxPool", x, **_window(axes, pads(sides)), dilations=list(layer.dilation))


def avg_pool(at: Place, layer: Any, x: str) -> str:
    """Sums over the windows divided by what the layer counts.

    ONNX divides by the taps of a window, or by those on the image. Where the layer divides by neither, a
    factor for each output makes up for it.
    """
    both = _axes(at, layer)
    axes = [reached for reached, _ in both]
    window, taps = _window(axes, pads(_sides(axes))), math.prod(layer.kernel_size)
    on_image = _counts([(axis, 0, 0) for axis in axes])
    counted = _counts([(axis, axis.before, after) for axis, after in both])
    if not layer.count_include_pad:
        counted = on_image
    if getattr(layer, "divisor_override", None) is not None:
        counted = np.full_like(counted, layer.divisor_override)
    by_taps, by_image = bool((counted == taps).all()), np.array_equal(counted, on_image)
    if by_image and not (by_taps and layer.count_include_pad):
        return at.node("AveragePool", x, **window, count_include_pad=0)
    y = at.node("AveragePool", x, **window, count_include_pad=1)
    return y if by_taps else at.node("Mul", y, at.numbers("factor", taps / counted))


def adaptive_avg_pool(at: Place, layer: nn.AdaptiveAvgPool1d | nn.AdaptiveAvgPool2d, x: str) -> str:
    """Means over windows of the sizes that follow."""
    return _adaptive(at, layer, x, "AveragePool")


def adaptive_max_pool(at: Place, layer: nn.AdaptiveMaxPool2d, x: str) -> str:
    """Maxima over windows of the sizes that follow."""
    return _adaptive(at, layer, x, "MaxPool")


def _adaptive(at: Place, layer: Any, x: str, operator: str) -> str:
    """One global pooling, one with windows of one size, or along an axis one for each output."""
    sizes = at.shape[1:]
    counts = [size if count is None else count for count, size in zip(layer.output_size, sizes, strict=True)]
    if set(counts) == {1}:
        return at.node(f"Global{operator}", x)
    if not any(size % count for size, count in zip(sizes, counts, strict=True)):
        steps = [size // count for size, count in zip(sizes, counts, strict=True)]
        return at.node(operator, x, kernel_shape=steps, strides=steps)
    for axis, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        if size != count:
            x = _along(at, x, axis, size, count, operator)
    return x


def _along(at: Place, x: str, axis: int, size: int, count: int, operator: str) -> str:
    """Windows along one axis: from p·size/count, rounded down, to (p + 1)·size/count, rounded up."""
    parts, axes = [], len(at.shape) - 1
    for p in range(count):
        start, stop = p * size // count, -(-(p + 1) * size // count)
        window = [stop - start if each == axis else 1 for each in range(axes)]
        parts.append(at.node(operator, sliced(at, x, axis + 2, start, stop), kernel_shape=window))
    return at.node("Concat", *parts, axis=axis + 2)


def _axes(at: Place, layer: Any) -> list[tuple[Axis, int]]:
    """Each axis, padded as far as windows reach at least, and the padding after it that was asked for."""
    found = []
    for index, (size, taps, stride, dilation) in enumerate(
        zip(at.shape[1:], layer.kernel_size, layer.stride, layer.dilation, strict=True)
    ):
        around = layer.padding
        before, after = same_upper(size, taps, stride, dilation) if around == "same_upper" else around[index]
        axis = Axis(size, taps, stride, dilation, before, after)
        last = axis.extended() if layer.ceil_mode else axis
        found.append((axis._replace(after=max(after, last.span - size - before)), after))
    return found


def _sides(axes: list[Axis]) -> list[tuple[int, int]]:
    return [(axis.before, axis.after) for axis in axes]


def _counts(axes: list[tuple[Axis, int, int]]) -> Array:
    """How many positions each window counts: those of the image and so many before and after it."""
    counts: Array = np.ones(())
    for axis, before, after in axes:
        start = np.arange(axis.outputs) * axis.stride - axis.before
        inside = np.minimum(start + axis.taps, axis.size + after) - np.maximum(start, -before)
        counts = np.multiply.outer(counts, inside)
    return counts


def _window(axes: list[Axis], around: list[int]) -> dict[str, Any]:
    return {
        "kernel_shape": [axis.taps for axis in axes],
        "strides": [axis.stride for axis in axes],
        "pads": around,
    }
