"""MaxPool, AveragePool, GlobalMaxPool and GlobalAveragePool."""

from typing import Any

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call, frozen
from fastconv.interop.onnx.reading.operations.windows import Window, unpadded, window
from fastconv.interop.onnx.reading.values import Data

POSITIVE = nn.ReLU, nn.ReLU6, nn.Sigmoid, nn.Softplus, nn.Hardsigmoid
"""Layers that give nothing below 0, so that a zero beside them is never the only maximum."""


def _window(call: Call) -> tuple[Data, Window, bool]:
    """What a pool reads, its window, and whether a last window may be filled partly."""
    x, kernel = call.data(), call.integers("kernel_shape")
    if not kernel or len(kernel) > 2:
        raise call.refuse(f"kernel_shape {kernel}", "1 or 2 spatial axes")
    if x.rank is not None:
        call.images(x, (len(kernel),))
    return x, window(call, x, kernel), call.flag("ceil_mode")


def max_pool(call: Call) -> list[Data | None]:
    """A maximum of each window; the places of the maxima are none that a layer gives."""
    x, given, ceil = _window(call)
    inner, padded = unpadded(call, x, given)
    if inner is not x and padded.narrow and max(given.dilation) == 1 and _is_positive(call, inner):
        x, given = inner, padded
    x, given = _padded(call, x, given)
    kind = nn.MaxPool1d if len(given.kernel) == 1 else nn.MaxPool2d
    layer = kind(given.kernel, given.stride, given.padding, given.dilation, ceil_mode=ceil)
    return [call.add(layer, x), None]


def _is_positive(call: Call, data: Data) -> bool:
    """Whether a layer gives this that gives nothing below 0."""
    made = call.making.made(data)
    return made is not None and type(made.layer) in POSITIVE


def _padded(call: Call, x: Data, given: Window) -> tuple[Data, Window]:
    """A padding as wide as windows are, which a pool does not take, as a layer before it."""
    if given.narrow:
        return x, given
    sides = tuple(side for pair in reversed(given.padding) for side in pair)
    kind: Any = nn.ConstantPad1d if len(given.kernel) == 1 else nn.ConstantPad2d
    return call.add(kind(sides, -np.inf), x), given._replace(padding=((0, 0),) * len(given.kernel))


def average_pool(call: Call) -> Data:
    """A mean of each window, with or without the padding among what is counted."""
    x, given, ceil = _window(call)
    counted = call.flag("count_include_pad")
    plain = given.padding == ((0, 0),) * len(given.kernel)
    if max(given.dilation) > 1:
        return _spread(call, x, given, plain and not (ceil and max(given.stride) > 1))
    if (counted or plain) and not ceil:
        inner, padded = unpadded(call, x, given)
        if inner is not x and padded.narrow:
            x, given, counted = inner, padded, True
    if counted and given.padding == "same_upper":
        raise call.refuse("auto_pad SAME_UPPER with count_include_pad", "one of them alone")
    kind = nn.AvgPool1d if len(given.kernel) == 1 else nn.AvgPool2d
    return call.add(kind(given.kernel, given.stride, given.padding, ceil, counted or plain), x)


def _spread(call: Call, x: Data, given: Window, plain: bool) -> Data:
    """Means of pixels that lie apart: a convolution of each channel with equal weights, which stay."""
    channels = (x.known() or (None, None))[1]
    if not plain or len(given.kernel) != 2 or channels is None:
        raise call.refuse("dilations with padding or of signals", "neither; dilations of 1 would fit")
    call.making.budget.take(channels, *given.kernel)
    window = given.kernel, given.stride, 0, given.dilation
    layer = nn.Conv2d(channels, channels, *window, channels, False, dtype=call.making.dtype)
    return call.add(frozen(layer, weight=np.asarray(1 / np.prod(given.kernel))), x)


def global_average_pool(call: Call) -> Data:
    """The mean of each channel."""
    x = call.data()
    kind: Any = nn.AdaptiveAvgPool1d if call.images(x) == 1 else nn.AdaptiveAvgPool2d
    return call.add(kind(1), x)


def global_max_pool(call: Call) -> Data:
    """The maximum of each channel."""
    x = call.data()
    call.images(x, (2,))
    return call.add(nn.AdaptiveMaxPool2d(1), x)
