"""Images moved by whole pixels: shifted, cropped, mirrored."""

from typing import ClassVar

import numpy as np

from fastconv import validate
from fastconv.attributes import Checks
from fastconv.data.augment.base import (
    Augmentation,
    at_least,
    between,
    for_channels,
    have_places,
    per_channel,
    stay,
)
from fastconv.types import Array, Pair


class Shift(Augmentation):
    """Moves each image by whole pixels, up and down and to the sides.

    Both distances are uniform from -pixels to pixels. What comes in from outside is `fill`. Labels of pixels
    (N, H, W) are refused, since nothing says what is outside.

    **Arguments:**

    - `pixels`: the largest distance, from 0 up: one number, or (height, width).
    - `fill`: the value outside of the image: one number, or one for each channel.
    """

    checks: ClassVar[Checks] = {"pixels": at_least(0), "fill": per_channel}

    def __init__(self, pixels: Pair = 2, fill: float | tuple[float, ...] = 0.0) -> None:
        self._set(pixels=pixels)
        self.pixels: tuple[int, int]
        self.fill = fill

    def change(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The shifted images, in the size that they had."""
        stay("Shift", images, labels)
        wide = padded(images, self.pixels, for_channels("Shift", "fill", self.fill, images))
        size = images.shape[2:]
        return cut(wide, size, corners(wide, size, rng)), labels


class Crop(Augmentation):
    """Cuts out of each image a window of one size, at a uniformly random place.

    With `padding`, images are first made larger on all sides: Crop(32, padding=4) is the usual augmentation
    of CIFAR's images (He et al. 2016, https://arxiv.org/abs/1512.03385, section 4.2). Labels of pixels
    (N, H, W) are cut like their images; with padding they are refused.

    **Arguments:**

    - `size`: the window: one number for height and width, or both.
    - `padding`: pixels on each side: one number, or (height, width).
    - `fill`: the value of these pixels: one number, or one for each channel.
    """

    checks: ClassVar[Checks] = {"size": at_least(1), "padding": at_least(0), "fill": per_channel}

    def __init__(self, size: Pair, padding: Pair = 0, fill: float | tuple[float, ...] = 0.0) -> None:
        self._set(size=size, padding=padding)
        self.size: tuple[int, int]
        self.padding: tuple[int, int]
        self.fill = fill

    def change(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The windows, (N, C, *size); ValueError for images that are smaller, padding included."""
        if any(self.padding):
            stay("Crop", images, labels)
        wide = padded(images, self.padding, for_channels("Crop", "fill", self.fill, images))
        if wide.shape[2] < self.size[0] or wide.shape[3] < self.size[1]:
            got = f"{self.size} of images of {images.shape[2:]} with padding {self.padding}"
            raise validate.wrong_value("Crop", "size", got, f"at most {wide.shape[2:]}")
        places = corners(wide, self.size, rng)
        if have_places(images, labels):
            labels = cut(labels, self.size, places)
        return cut(wide, self.size, places), labels


class Flip(Augmentation):
    """Mirrors some of the images: left and right exchanged, or top and bottom.

    Labels of pixels (N, H, W) are mirrored with their images.

    **Arguments:**

    - `p`: the probability from 0 to 1 that left and right of an image change places.
    - `vertical`: the probability that top and bottom do, independent of the other.
    """

    checks: ClassVar[Checks] = {"p": between(0, 1), "vertical": between(0, 1)}

    def __init__(self, p: float = 0.5, vertical: float = 0.0) -> None:
        self.p = p
        self.vertical = vertical

    def change(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The images, some of them mirrored."""
        moved = [images.copy()]
        if have_places(images, labels):
            labels = labels.copy()
            moved.append(labels)
        for probability, axis in ((self.p, -1), (self.vertical, -2)):
            chosen = np.flatnonzero(rng.random(len(images)) < probability)
            for array in moved:
                array[chosen] = np.flip(array[chosen], axis)
        return moved[0], labels


def padded(images: Array, padding: tuple[int, int], fill: Array) -> Array:
    """Images (N, C, H, W) with (height, width) pixels of `fill`, which broadcasts with them, on each side."""
    (high, wide), (height, width) = padding, images.shape[2:]
    if not high and not wide:
        return images
    result = np.empty((*images.shape[:2], height + 2 * high, width + 2 * wide), images.dtype)
    result[:] = fill
    result[:, :, high : high + height, wide : wide + width] = images
    return result


def corners(images: Array, size: tuple[int, ...], rng: np.random.Generator) -> tuple[Array, Array]:
    """The top and the left (N,) of a window in each image, uniform among all that fit."""
    height, width = images.shape[2:]
    tops = rng.integers(height - size[0] + 1, size=len(images))
    return tops, rng.integers(width - size[1] + 1, size=len(images))


def cut(values: Array, size: tuple[int, ...], places: tuple[Array, Array]) -> Array:
    """The window of this height and width at these places, out of each of (N, H, W) or (N, C, H, W)."""
    planes = values[:, np.newaxis] if values.ndim == 3 else values
    windows = np.lib.stride_tricks.sliding_window_view(planes, size, axis=(2, 3))
    result: Array = windows[np.arange(len(values)), :, *places]
    return result.reshape(*values.shape[:-2], *size)
