"""Samples as people have them, as the arrays that networks take: images (N, C, H, W), or rows (N, F)."""

import math
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.nn.inputs import scaled
from fastconv.types import Array, Shape

FEW = 4
"""An axis of at most so many values may be that of the channels: gray, gray and alpha, RGB, RGBA."""


def images(owner: str, x: Array, image_shape: Any = None, channels: Any = "auto") -> Array:
    """A view of x as images (N, C, H, W), or x itself where it is rows (N, F) without an `image_shape`.

    (N, H, W) has one channel. With four axes, `channels` says which one has them: "last" (N, H, W, C),
    "first" (N, C, H, W), or "auto", the only one of the two with at most 4 values. `image_shape` is that of a
    sample, (H, W) or with its channels. ValueError for any other shape, and for one that is not clear.
    """
    if not (isinstance(channels, str) and channels in ("auto", "first", "last")):
        raise validate.wrong_value(owner, "channels", repr(channels), "'auto', 'first' or 'last'")
    if image_shape is not None:
        x = _shaped(owner, x, image_shape)
    if x.ndim == 2:
        return x
    if x.ndim == 3:
        return x[:, None]
    if x.ndim != 4:
        needs = "images (N, H, W), (N, H, W, C) or (N, C, H, W), or rows (N, F)"
        raise validate.wrong_value(owner, "X", f"shape {x.shape}", needs)
    return x if _comes_first(owner, x.shape[1:], channels) else x.transpose(0, 3, 1, 2)


def numbers(x: Array, are_images: bool) -> Array:
    """x in float32 or float64, which it keeps; other numbers in float64, images of uint8 as x / 255."""
    if are_images and x.dtype == np.uint8:
        return scaled(x, np.dtype(np.float32))
    short = x.dtype.kind == "f" and x.dtype.itemsize <= 4
    return np.ascontiguousarray(x, np.float32 if short else np.float64)


def _shaped(owner: str, x: Array, image_shape: Any) -> Array:
    """x with samples of this shape."""
    shape = validate.size(owner, "image_shape", image_shape)
    if len(shape) not in (2, 3):
        needs = "(H, W), (H, W, C) or (C, H, W)"
        raise validate.wrong_value(owner, "image_shape", shape, needs)
    if x.shape[1:] != shape and (x.ndim != 2 or x.shape[1] != math.prod(shape)):
        needs = f"{shape} as image_shape says, or rows of {math.prod(shape)}"
        raise validate.wrong_value(owner, "X", f"samples of shape {x.shape[1:]}", needs)
    return x.reshape(len(x), *shape)


def _comes_first(owner: str, shape: Shape, channels: str) -> bool:
    """Whether the first of a sample's three axes has the channels; else it is the last."""
    if channels != "auto":
        return channels == "first"
    first, last = shape[0] <= FEW, shape[2] <= FEW
    if first == last:
        needs = f"channels='first' or 'last': {'both axes' if first else 'neither'} could be it"
        raise validate.wrong_value(owner, "channels", f"'auto' for samples of shape {shape}", needs)
    return first
