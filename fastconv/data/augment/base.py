"""What all augmentations share: the form of a call, and checks of their settings."""

import math
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from fastconv import validate
from fastconv.attributes import Settings
from fastconv.types import Array

Change: TypeAlias = Callable[[Array, Array, np.random.Generator], tuple[Array, Array]]
"""A function of (images, labels, rng) that returns the changed images and labels."""


class Augmentation(Settings):
    """The base of augmentations: a subclass writes `change`, and its settings are attributes.

    TypeError and ValueError, beginning with the class's name, for what is no batch of images.
    """

    def __call__(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The changed images (N, C, H, W) and labels (N, ...) of a batch; both arguments stay as they are."""
        name = type(self).__name__
        validate.instance(name, "rng", rng, np.random.Generator)
        images, labels = check_images(name, images), validate.native(name, "labels", labels)
        if labels.ndim == 0 or len(labels) != len(images):
            got = f"shape {labels.shape} for {len(images)} images"
            raise validate.wrong_value(name, "labels", got, "one label an image, (N,) or (N, ...)")
        return self.change(images, labels, rng)

    @abstractmethod
    def change(self, images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """The same as a call, without its checks."""

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in vars(self).items() if name[0] != "_")
        return f"{type(self).__name__}({settings})"


def check_images(function: str, images: Array) -> Array:
    """Check that this is a float array (N, C, H, W), and return it native and aligned."""
    images = validate.array(function, "images", images)
    if images.ndim != 4:
        raise validate.wrong_value(function, "images", f"shape {images.shape}", "(N, C, H, W)")
    return images


def at_least(low: int) -> Callable[[str, str, Any], tuple[int, int]]:
    """A check: one whole number of at least `low`, or (height, width); it returns the pair."""
    return lambda function, name, value: validate.pair(function, name, value, low)


def between(low: float, high: float) -> Callable[[str, str, Any], float]:
    """A check: a finite number from `low` to `high`."""

    def check(function: str, name: str, value: Any) -> float:
        number = validate.number(function, name, value, low, high)
        if not math.isfinite(number):
            raise validate.wrong_value(function, name, value, "a finite number")
        return number

    return check


def per_channel(function: str, name: str, value: Any) -> float | tuple[float, ...]:
    """A check: one finite number, or one for each channel."""
    number = between(-math.inf, math.inf)
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    if not isinstance(value, (tuple, list)):
        return number(function, name, value)
    if not value:
        raise validate.wrong_value(function, name, value, "a number, or one for each channel")
    return tuple(number(function, name, one) for one in value)


def for_channels(function: str, name: str, value: float | Sequence[float], images: Array) -> Array:
    """These numbers as an array that broadcasts with images (N, C, H, W); ValueError for another C."""
    numbers = np.asarray(value, images.dtype).reshape(-1, 1, 1)
    if len(numbers) not in (1, images.shape[1]):
        needs = f"one number, or one for each of the {images.shape[1]} channels of the images"
        raise validate.wrong_value(function, name, value, needs)
    return numbers


def have_places(images: Array, labels: Array) -> bool:
    """Whether these are labels of pixels, (N, H, W) or (N, K, H, W), which move with images (N, C, H, W)."""
    return labels.ndim in (3, 4) and labels.shape[-2:] == images.shape[-2:]


def stay(function: str, images: Array, labels: Array) -> None:
    """ValueError for labels of pixels, which would stay where they are while the images move."""
    if have_places(images, labels):
        got = f"shape {labels.shape}, one for each pixel"
        needs = "labels that stay where they are; a function of your own moves both"
        raise validate.wrong_value(function, "labels", got, needs)
