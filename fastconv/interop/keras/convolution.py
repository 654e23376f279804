"""Convolutions: ours take (C, ...) and hold (out, in/groups, ...), Keras's hold (..., in/groups, out)."""

from collections.abc import Callable

import numpy as np

from fastconv import nn
from fastconv.interop.keras.activation import activated
from fastconv.interop.keras.step import Step, filled
from fastconv.interop.keras.values import Value
from fastconv.nn.weighted import WeightedLayer
from fastconv.types import Array, Shape

LAYERS: dict[int, Callable[..., WeightedLayer]] = {1: nn.Conv1d, 2: nn.Conv2d}


def convolution(step: Step, value: Value, axes: int) -> Value:
    """Conv1D, Conv2D: a kernel (..., in/groups, filters)."""
    value = step.image(value, axes)
    channels, groups, filters = (
        step.channels(value),
        step.integer("groups", default=1),
        step.integer("filters"),
    )
    step.fits(groups, channels)
    shape = (*step.sizes("kernel_size", axes), channels // groups, filters)

    def make() -> nn.Layer:
        kernel = np.moveaxis(step.weight(0, shape), (-1, -2), (0, 1))
        return _made(step, channels, kernel, _bias(step, 1, filters), groups, axes)

    return activated(step, step.apply(make, value))


def depthwise(step: Step, value: Value, axes: int) -> Value:
    """DepthwiseConv1D, DepthwiseConv2D: a kernel (..., in, multiplier), whose outputs are in this order."""
    value = step.image(value, axes)
    channels = step.channels(value)

    def make() -> nn.Layer:
        kernel = _depthwise_kernel(step, channels, axes)
        return _made(step, channels, kernel, _bias(step, 1, len(kernel)), channels, axes)

    return activated(step, step.apply(make, value))


def separable(step: Step, value: Value, axes: int) -> Value:
    """SeparableConv1D, SeparableConv2D: a depthwise convolution, then one of single pixels."""
    value = step.image(value, axes)
    channels, filters = step.channels(value), step.integer("filters")
    several = channels * step.integer("depth_multiplier")

    def deep() -> nn.Layer:
        return _made(step, channels, _depthwise_kernel(step, channels, axes), None, channels, axes)

    def pointwise() -> nn.Layer:
        kernel = step.weight(1, (*(1,) * axes, several, filters)).reshape(several, filters)
        return point(kernel, _bias(step, 2, filters), axes)

    return activated(step, step.apply(pointwise, step.apply(deep, value), "pointwise"))


def transposed(step: Step, value: Value) -> Value:
    """Conv2DTranspose: a kernel (R, S, filters, in)."""
    value = step.image(value, 2)
    channels, filters = step.channels(value), step.integer("filters")
    size, stride = step.sizes("kernel_size", 2), step.sizes("strides", 2)
    dilation = step.sizes("dilation_rate", 2, default=1)
    if step.integer("groups", default=1) != 1:
        raise step.wrong("groups", "1")
    sides = zip(size, stride, dilation, _output_padding(step), strict=True)
    padding, more = zip(*(_transposed_padding(step, *side) for side in sides), strict=True)

    def make() -> nn.Layer:
        kernel = step.weight(0, (*size, filters, channels)).transpose(3, 2, 0, 1)
        bias = _bias(step, 1, filters)
        kind: Callable[..., WeightedLayer] = nn.ConvTranspose2d
        window = {"padding": padding, "output_padding": more, "dilation": dilation}
        layer = kind(channels, filters, size, stride, bias=bias is not None, dtype=step.dtype, **window)
        return filled(layer, kernel, bias)

    return activated(step, step.apply(make, value))


def point(kernel: Array, bias: Array | None, axes: int) -> WeightedLayer:
    """The convolution of single pixels with a matrix (in, out)."""
    layer = LAYERS[axes](*kernel.shape, 1, bias=bias is not None, dtype=kernel.dtype)
    return filled(layer, kernel.T.reshape(layer.weight.shape), bias)


def _made(
    step: Step, channels: int, kernel: Array, bias: Array | None, groups: int, axes: int
) -> WeightedLayer:
    """The convolution with a kernel (out, in/groups, ...), and the layer's windows."""
    stride, dilation = step.sizes("strides", axes, default=1), step.sizes("dilation_rate", axes, default=1)
    layer = LAYERS[axes](
        channels,
        len(kernel),
        kernel.shape[2:],
        stride,
        _padding(step, kernel.shape[2:], dilation, axes),
        dilation,
        groups,
        bias is not None,
        dtype=step.dtype,
    )
    return filled(layer, kernel, bias)


def _padding(step: Step, size: Shape, dilation: Shape, axes: int) -> str | tuple[tuple[int, int], ...]:
    """The padding; "causal" puts all of it before the signal."""
    names = ("valid", "same", "causal") if axes == 1 else ("valid", "same")
    name = step.choice("padding", *names)
    if name == "causal":
        return (((size[0] - 1) * dilation[0], 0),)
    return "same_upper" if name == "same" else name


def _output_padding(step: Step) -> tuple[int | None, ...]:
    """How many rows and columns more the output has; None where Keras computes it."""
    if step.values.get("output_padding") is None:
        return None, None
    return step.sizes("output_padding", 2, 0)


def _transposed_padding(
    step: Step, size: int, stride: int, dilation: int, more: int | None
) -> tuple[tuple[int, int], int]:
    """What is cut off (before, after), and what is added, so that n pixels become as many as in Keras.

    That is n·stride with "same", (n - 1)·stride + max(reach, stride) with "valid". Where output_padding is
    given, it is (n - 1)·stride + output_padding and, with "valid", reach, with "same", reach mod 2. "same"
    cuts off the half, rounded down, before.
    """
    reach = (size - 1) * dilation + 1
    if step.choice("padding", "valid", "same") == "valid":
        before, surplus = 0, min(0, reach - stride) if more is None else -more
    else:
        surplus = reach - stride if more is None else reach - reach % 2 - more
        before = max(0, surplus) // 2
    after = max(0, surplus - before)
    return (before, after), max(0, before - surplus)


def _depthwise_kernel(step: Step, channels: int, axes: int) -> Array:
    """(in·multiplier, 1, ...) of (..., in, multiplier)."""
    multiplier, size = step.integer("depth_multiplier"), step.sizes("kernel_size", axes)
    kernel = step.weight(0, (*size, channels, multiplier))
    return np.moveaxis(kernel, (-2, -1), (0, 1)).reshape(channels * multiplier, 1, *size)


def _bias(step: Step, index: int, outputs: int) -> Array | None:
    """The bias, if the layer has one."""
    return step.weight(index, (outputs,)) if step.flag("use_bias") else None
