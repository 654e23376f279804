"""Normalisations."""

import math
from collections.abc import Sequence

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.writing.arithmetic import mean_over
from fastconv.interop.onnx.writing.graph import Place
from fastconv.interop.onnx.writing.shape import along_channels, reshaped
from fastconv.types import Array

LAYER_NORM, GROUP_NORM = 17, 21
"""The first operator set that has each; an earlier GroupNormalization has a factor a group."""

Normed = nn.BatchNorm1d | nn.BatchNorm2d | nn.InstanceNorm1d | nn.InstanceNorm2d


def batch_norm(at: Place, layer: Normed, x: str) -> str:
    """By the running statistics, or where there are none by those of the batch."""
    if not layer.track_running_stats:
        axes = [0, *range(2, len(at.shape) + 1)]
        return _scaled(at, layer, _normalized(at, x, axes, layer.eps))
    running = [at.parameter(layer._buffers[name]) for name in ("running_mean", "running_var")]
    momentum = None if layer.momentum is None else 1 - layer.momentum
    scale = _scale(at, layer.weight, layer.bias, layer.num_features)
    return at.node("BatchNormalization", x, *scale, *running, epsilon=layer.eps, momentum=momentum)


def instance_norm(at: Place, layer: nn.InstanceNorm1d | nn.InstanceNorm2d, x: str) -> str:
    """By the statistics of each channel of a sample, or the running ones."""
    if layer.track_running_stats:
        return batch_norm(at, layer, x)
    scale = _scale(at, layer.weight, layer.bias, layer.num_features)
    return at.node("InstanceNormalization", x, *scale, epsilon=layer.eps)


def group_norm(at: Place, layer: nn.GroupNorm, x: str) -> str:
    """By the statistics of each group; of older operators, groups are the channels of an instance norm."""
    groups, channels = layer.num_groups, layer.num_channels
    if at.opset >= GROUP_NORM and len(at.shape) > 1:
        scale = _scale(at, layer.weight, layer.bias, channels)
        return at.node("GroupNormalization", x, *scale, epsilon=layer.eps, num_groups=groups)
    inner = reshaped(at, x, (groups, math.prod(at.shape) // groups))
    normal = at.node("InstanceNormalization", inner, *_scale(at, None, None, groups), epsilon=layer.eps)
    return _scaled(at, layer, reshaped(at, normal, at.shape))


def layer_norm(at: Place, layer: nn.LayerNorm, x: str) -> str:
    """By the statistics of the last axes."""
    count = len(layer.normalized_shape)
    weight, bias = layer.weight, layer.bias
    if at.opset >= LAYER_NORM:
        arrays = [at.parameter(array) for array in (weight, bias) if array is not None]
        arrays = arrays or [at.numbers("scale", np.ones(layer.normalized_shape))]
        return at.node("LayerNormalization", x, *arrays, axis=-count, epsilon=layer.eps)
    y = _normalized(at, x, range(-count, 0), layer.eps)
    if weight is not None:
        y = at.node("Mul", y, at.parameter(weight))
    return y if bias is None else at.node("Add", y, at.parameter(bias))


def local_response_norm(at: Place, layer: nn.LocalResponseNorm, x: str) -> str:
    """One operator for images, where as many neighbours count before a channel as behind it.

    Else the mean of squares is a pooling along the channels.
    """
    size = layer.size
    if size % 2 and len(at.shape) == 3:
        return at.node("LRN", x, size=size, alpha=layer.alpha, beta=layer.beta, bias=layer.k)
    channels, *pixels = at.shape
    rows = reshaped(at, at.node("Mul", x, x), (1, channels, math.prod(pixels)))
    around = [size // 2, 0, (size - 1) // 2, 0]
    mean = at.node("AveragePool", rows, kernel_shape=[size, 1], pads=around, count_include_pad=1)
    scaled = at.node("Mul", reshaped(at, mean, at.shape), at.numbers("alpha", layer.alpha))
    divisor = at.node("Add", scaled, at.numbers("k", layer.k))
    return at.node("Div", x, at.node("Pow", divisor, at.numbers("beta", layer.beta)))


def _normalized(at: Place, x: str, axes: Sequence[int], eps: float) -> str:
    """(x - mean) / √(var + eps), mean and var over some axes."""
    centered = at.node("Sub", x, mean_over(at, x, axes))
    var = mean_over(at, at.node("Mul", centered, centered), axes)
    return at.node("Div", centered, at.node("Sqrt", at.node("Add", var, at.numbers("eps", eps))))


def _scale(at: Place, weight: Array | None, bias: Array | None, channels: int) -> list[str]:
    """Factor and summand of each channel; 1 and 0 where the layer has none."""
    return [
        at.numbers("scale", np.ones(channels)) if weight is None else at.parameter(weight),
        at.numbers("shift", np.zeros(channels)) if bias is None else at.parameter(bias),
    ]


def _scaled(at: Place, layer: Normed | nn.GroupNorm, y: str) -> str:
    """Factor and summand of each channel, where the layer has them."""
    if layer.weight is not None:
        y = at.node("Mul", y, along_channels(at, at.parameter(layer.weight)))
    if layer.bias is not None:
        y = at.node("Add", y, along_channels(at, at.parameter(layer.bias)))
    return y
