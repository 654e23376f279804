"""Which input entries an output entry of a convolution or a pooling sees."""

import numpy as np

from fastconv import nn
from fastconv.types import Array

Windowed = nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d


def before(layer: Windowed, axis: int) -> int:
    """The rows above (axis 0) or the columns to the left (1) that the layer's padding adds."""
    if layer.padding == "same":
        return layer.dilation[axis] * (layer.kernel_size[axis] - 1) // 2
    return 0 if isinstance(layer.padding, str) else layer.padding[axis][0]


def windows(layer: Windowed, x: Array, y: Array) -> Array | None:
    """What each output of an image sees, 0 in the padding: (height, width of y, height, width of the filter).

    None for anything else than one image with one channel in x and in y.
    """
    if x.ndim != 4 or x.shape[:2] != (1, 1) or y.shape[:2] != (1, 1):
        return None
    image = x[0, 0]
    inside = []
    for axis in (0, 1):
        starts = np.arange(y.shape[2 + axis]) * layer.stride[axis] - before(layer, axis)
        inside.append(starts[:, None] + np.arange(layer.kernel_size[axis]) * layer.dilation[axis])
    rows, columns = inside[0][:, None, :, None], inside[1][None, :, None, :]
    height, width = image.shape
    covered = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return np.where(covered, image[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)], 0)
