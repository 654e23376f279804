"""Images of mean 0 and deviation 1."""

from typing import Any

import numpy as np

from fastconv import validate
from fastconv.data.augment.base import Augmentation, check_images, for_channels, per_channel
from fastconv.types import Array

BLOCK = 1 << 22
"""Pixels whose squares are held at once."""


class Normalize(Augmentation):
    """Subtracts a mean and divides by a deviation: (image - mean) / std, channel by channel.

    Nothing is random in it, and what a network is tested on needs it as well: `Dataset.normalized` does it to
    both parts, and its record goes with the model, so that `predict` does it too.

    **Arguments:**

    - `mean`: what is subtracted: one number, or one for each channel.
    - `std`: what is divided by, above 0: one number, or one for each channel.
    """

    def __init__(self, mean: float | tuple[float, ...], std: float | tuple[float, ...]) -> None:
        self._set(mean=mean, std=std)
        self.mean: tuple[float, ...]
        self.std: tuple[float, ...]

    @classmethod
    def of(cls, images: Array) -> "Normalize":
        """The normalisation that gives each channel of these images (N, C, H, W) mean 0 and deviation 1.

        Take the training images. A channel with one value everywhere is divided by 1.
        """
        images = check_images("Normalize.of", images)
        if images.size == 0:
            raise validate.wrong_value(
                "Normalize.of", "images", f"shape {images.shape}", "at least one pixel"
            )
        mean = images.mean(axis=(0, 2, 3), dtype=np.float64)
        squares = np.zeros_like(mean)
        step = max(1, BLOCK // images[0].size)
        for start in range(0, len(images), step):
            block = images[start : start + step] - mean[:, np.newaxis, np.newaxis]
            squares += np.einsum("nchw,nchw->c", block, block)
        std = np.sqrt(squares / (images.size / len(mean)))
        if not np.isfinite(std).all():
            raise validate.wrong_value(
                "Normalize.of", "images", "NaN or infinity among them", "finite values"
            )
        # Rounding of the mean alone leaves a deviation of this size.
        std[std <= 4 * np.finfo(images.dtype).eps * np.abs(mean)] = 1
        return cls(tuple(mean.tolist()), tuple(std.tolist()))

    def change(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The normalised images."""
        return self.images(images), labels

    def images(self, images: Array) -> Array:
        """The normalised images (N, C, H, W), in their dtype."""
        images = check_images("Normalize", images)
        result: Array = images - for_channels("Normalize", "mean", self.mean, images)
        std = for_channels("Normalize", "std", self.std, images)
        if not std.all():
            raise validate.wrong_value("Normalize", "std", self.std, f"numbers above 0 in {images.dtype}")
        result /= std
        return result

    def _checked(self, name: str, value: Any) -> Any:
        if name not in ("mean", "std"):
            return super()._checked(name, value)
        numbers = per_channel("Normalize", name, value)
        numbers = numbers if isinstance(numbers, tuple) else (numbers,)
        if name == "std" and min(numbers) <= 0:
            raise validate.wrong_value("Normalize", name, value, "numbers above 0")
        return numbers

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Normalize):
            return NotImplemented
        return (self.mean, self.std) == (other.mean, other.std)

    def __hash__(self) -> int:
        return hash((self.mean, self.std))
