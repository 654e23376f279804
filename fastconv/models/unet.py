"""A U-Net: what each pixel of an image is."""

import numpy as np
from numpy.typing import DTypeLike

from fastconv import nn, validate
from fastconv.models import blocks
from fastconv.types import Shape


def unet_small(
    input_shape: Shape = (1, 64, 64),
    classes: int = 2,
    filters: int = 16,
    depth: int = 2,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """A small U-Net: `depth` times half the size and twice the filters, and back, with what was there before.

    Takes (N, *input_shape), height and width multiples of 2^depth; gives (N, classes, H, W) logits, for
    `CrossEntropyLoss` with a class for each pixel (N, H, W).
    Design: Ronneberger et al., "U-Net", 2015, with padded convolutions and batch norm.
    """
    depth = validate.integer("unet_small", "depth", depth)
    filters = validate.integer("unet_small", "filters", filters)
    channels = blocks.channels(input_shape)
    whole = 2**depth
    if input_shape[1] % whole or input_shape[2] % whole:
        needs = f"height and width that are multiples of {whole}"
        raise validate.wrong_value("unet_small", "input_shape", input_shape, needs)
    layers = [*_level(channels, filters, depth, dtype), nn.Conv2d(filters, classes, 1, dtype=dtype)]
    return nn.Sequential(*layers, seed=seed)


def _level(channels: int, filters: int, depth: int, dtype: DTypeLike) -> list[nn.Layer]:
    """From `channels` to `filters` channels of this size; half as large and back on the way, if `depth`."""
    down = _twice(channels, filters, dtype)
    if not depth:
        return down
    below = [
        nn.MaxPool2d(2),
        *_level(filters, 2 * filters, depth - 1, dtype),
        nn.ConvTranspose2d(2 * filters, filters, 2, 2, dtype=dtype),
    ]
    beside = nn.Concat(nn.Identity(), nn.Sequential(*below))
    return [*down, beside, *_twice(2 * filters, filters, dtype)]


def _twice(channels: int, filters: int, dtype: DTypeLike) -> list[nn.Layer]:
    """Two convolutions."""
    first = blocks.convolved(channels, filters, dtype, bias=False)
    second = blocks.convolved(filters, filters, dtype, bias=False)
    return [*blocks.normalized(first), *blocks.normalized(second)]
