"""Images turned about their centre."""

from typing import ClassVar

import numpy as np

from fastconv.attributes import Checks
from fastconv.data.augment.base import Augmentation, between, for_channels, per_channel, stay
from fastconv.types import Array

BLOCK = 1 << 13
"""Pixels that are turned at once, so that what belongs to them stays in the fastest cache."""


class Rotate(Augmentation):
    """Turns each image about its centre, by an angle that is uniform from -degrees to degrees.

    A pixel's new value is interpolated between the four old ones around its place (bilinear); the size stays,
    and corners that come in from outside are `fill`. Labels of pixels (N, H, W) are refused.

    **Arguments:**

    - `degrees`: the largest angle, from 0 to 180.
    - `fill`: the value outside of the image: one number, or one for each channel.
    """

    checks: ClassVar[Checks] = {"degrees": between(0, 180), "fill": per_channel}

    def __init__(self, degrees: float, fill: float | tuple[float, ...] = 0.0) -> None:
        self.degrees = degrees
        self.fill = fill

    def change(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The turned images, in the size that they had."""
        stay("Rotate", images, labels)
        angles = rng.uniform(-self.degrees, self.degrees, len(images))
        return turned(images, angles, for_channels("Rotate", "fill", self.fill, images)), labels


def turned(images: Array, degrees: Array, fill: Array) -> Array:
    """Images (N, C, H, W), each turned counter-clockwise by its angle (N,); outside of them is `fill`.

    The pixel at (y, x) from the centre comes from (y cos a + x sin a, x cos a - y sin a).
    """
    result = np.empty_like(images, order="C")
    step = max(1, BLOCK // max(1, images.shape[2] * images.shape[3]))
    for start in range(0, len(images), step):
        block = slice(start, start + step)
        _turn(images[block], degrees[block], fill, result[block])
    return result


def _turn(images: Array, degrees: Array, fill: Array, result: Array) -> None:
    """Writes the turned images into `result`."""
    samples, channels, height, width = images.shape
    rows, columns = _places(degrees, height, width, images.dtype)
    top, left = np.floor(rows), np.floor(columns)
    rows -= top
    columns -= left
    # A border of `fill`, one row more below: the four pixels around a place on the edge are all there.
    wide = np.empty((channels, samples, height + 3, width + 2), images.dtype)
    wide[:] = fill[:, np.newaxis]
    wide[:, :, 1:-2, 1:-1] = images.transpose(1, 0, 2, 3)
    line = width + 2
    places = top.astype(np.intp)
    places *= line
    places += left.astype(np.intp)
    places += np.arange(samples)[:, np.newaxis] * ((height + 3) * line)
    first, second, other = np.empty((3, *places.shape), images.dtype)
    for channel, plane in enumerate(wide.reshape(channels, -1)):
        # mode="clip" is the fast one; all places are inside.
        plane.take(places, out=first, mode="clip")
        _between(first, plane[1:].take(places, out=other, mode="clip"), columns)
        plane[line:].take(places, out=second, mode="clip")
        _between(second, plane[line + 1 :].take(places, out=other, mode="clip"), columns)
        _between(first, second, rows)
        result[:, channel] = first.reshape(samples, height, width)


def _places(degrees: Array, height: int, width: int, dtype: np.dtype) -> tuple[Array, Array]:
    """The row and the column (N, H W) that each pixel comes from, counted in an image with a border of 1."""
    angles = np.deg2rad(degrees)[:, np.newaxis, np.newaxis]
    cosine, sine = np.cos(angles).astype(dtype), np.sin(angles).astype(dtype)
    y = np.arange(height, dtype=dtype)[:, np.newaxis] - dtype.type((height - 1) / 2)
    x = np.arange(width, dtype=dtype) - dtype.type((width - 1) / 2)
    rows = cosine * y + sine * x
    columns = cosine * x - sine * y
    rows += dtype.type((height + 1) / 2)
    columns += dtype.type((width + 1) / 2)
    # All that is further out than the border is `fill` as well.
    np.clip(rows, 0, height + 1, out=rows)
    np.clip(columns, 0, width + 1, out=columns)
    pixels = height * width
    return rows.reshape(-1, pixels), columns.reshape(-1, pixels)


def _between(first: Array, second: Array, share: Array) -> None:
    """first = first + share (second - first); `second` is overwritten."""
    second -= first
    second *= share
    first += second
