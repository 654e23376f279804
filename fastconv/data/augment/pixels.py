"""Values of pixels changed: noise, and squares cut out."""

import math
from typing import ClassVar

import numpy as np

from fastconv.attributes import Checks
from fastconv.data.augment.base import Augmentation, at_least, between, for_channels, per_channel
from fastconv.types import Array, Pair


class Noise(Augmentation):
    """Adds normal noise to every pixel: image + std * n, with n of mean 0 and deviation 1.

    Values may leave the range that the images had.

    **Arguments:**

    - `std`: the standard deviation of what is added, in units of the images, from 0 up.
    """

    checks: ClassVar[Checks] = {"std": between(0, math.inf)}

    def __init__(self, std: float = 0.1) -> None:
        self.std = std

    def change(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The images with noise."""
        noise: Array = rng.standard_normal(images.shape, images.dtype)
        noise *= images.dtype.type(self.std)
        noise += images
        return noise, labels


class Cutout(Augmentation):
    """Covers a rectangle of each image, whose middle is a uniformly random pixel.

    Near the edge a part of it lies outside, so that less is covered (DeVries and Taylor 2017,
    https://arxiv.org/abs/1708.04552).

    **Arguments:**

    - `size`: the rectangle: one number for height and width, or both.
    - `fill`: the value that covers: one number, or one for each channel.
    """

    checks: ClassVar[Checks] = {"size": at_least(1), "fill": per_channel}

    def __init__(self, size: Pair, fill: float | tuple[float, ...] = 0.0) -> None:
        self._set(size=size)
        self.size: tuple[int, int]
        self.fill = fill

    def change(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The images with their rectangles covered."""
        fill = for_channels("Cutout", "fill", self.fill, images)
        rows, columns = (
            _covered(length, size, len(images), rng)
            for length, size in zip(images.shape[2:], self.size, strict=True)
        )
        covered = rows[:, np.newaxis, :, np.newaxis] & columns[:, np.newaxis, np.newaxis, :]
        return np.where(covered, fill, images), labels


def _covered(length: int, size: int, samples: int, rng: np.random.Generator) -> Array:
    """Which of the `length` rows or columns of each sample are covered: bool (samples, length)."""
    starts = rng.integers(length, size=(samples, 1)) - size // 2
    places = np.arange(length)
    covered: Array = (places >= starts) & (places < starts + size)
    return covered
