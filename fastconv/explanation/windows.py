"""Which input entries an output entry of a convolution or a pooling sees."""

import numpy as np

from fastconv import nn
from fastconv.types import Array

Windowed = nn.Conv1d | nn.Conv2d | nn.MaxPool1d | nn.MaxPool2d | nn.AvgPool1d | nn.AvgPool2d
Filters = Windowed | nn.ConvTranspose2d


def before(layer: Filters, axis: int, size: int) -> int:
    """What the layer's padding adds in front of axis 0, 1 of an image, of `size` pixels, or of a signal."""
    if layer.padding == "valid":
        return 0
    if not isinstance(layer.padding, str):
        return int(layer.padding[axis][0])
    steps = (size - 1) // layer.stride[axis] * layer.stride[axis]
    reach = layer.dilation[axis] * (layer.kernel_size[axis] - 1) + 1
    return max(0, steps + reach - size) // 2


def windows(layer: Filters, x: Array, y: Array) -> Array | None:
    """What each output of an image sees, 0 in the padding: (height, width of y, height, width of the filter).

    Of a signal: (length of y, of the filter). None for anything else than one example with one channel in x
    and in y.
    """
    if x.ndim != 2 + len(layer.kernel_size) or x.shape[:2] != (1, 1) or y.shape[:2] != (1, 1):
        return None
    seen, covered = x[0, 0], np.ones(())
    axes = len(layer.kernel_size)
    for axis, size in enumerate(x.shape[2:]):
        starts = np.arange(y.shape[2 + axis]) * layer.stride[axis] - before(layer, axis, size)
        places = starts[:, None] + np.arange(layer.kernel_size[axis]) * layer.dilation[axis]
        seen = np.take(seen, places, axis=2 * axis, mode="clip")
        covered = np.multiply.outer(covered, (places >= 0) & (places < size))
    order = [*range(0, 2 * axes, 2), *range(1, 2 * axes, 2)]
    return np.where(covered, seen, 0).transpose(order)
