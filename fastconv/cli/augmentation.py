"""What stands after `--augment`."""

from collections.abc import Callable

from fastconv.data import augment
from fastconv.data.augment.base import Augmentation
from fastconv.types import Shape

Make = Callable[[float, Shape, int], Augmentation]
"""Makes an augmentation of its number, the shape of an image (C, H, W) and how many classes there are."""

KINDS: dict[str, tuple[float, Make]] = {
    "shift": (2.0, lambda pixels, shape, classes: augment.Shift(_whole(pixels))),
    "crop": (4.0, lambda pixels, shape, classes: augment.Crop((shape[1], shape[2]), _whole(pixels))),
    "flip": (0.5, lambda p, shape, classes: augment.Flip(p)),
    "rotate": (10.0, lambda degrees, shape, classes: augment.Rotate(degrees)),
    "noise": (0.1, lambda std, shape, classes: augment.Noise(std)),
    "cutout": (4.0, lambda size, shape, classes: augment.Cutout(_whole(size))),
    "mixup": (0.2, lambda alpha, shape, classes: augment.Mixup(alpha, classes)),
}
"""By name, the number that holds where none is given, and what makes the augmentation."""

FORMS = ", ".join(f"{name}[={number:g}]" for name, (number, _) in KINDS.items())


def read(text: str | None, shape: Shape, classes: int) -> augment.Compose | None:
    """The augmentations in a list such as crop=4,flip,cutout=8; None for None.

    Numbers are pixels, degrees, probabilities, deviations, as in `fastconv.data.augment`; crop has that of
    padding, and keeps the size. ValueError for anything else.
    """
    if text is None:
        return None
    return augment.Compose([_one(item, shape, classes) for item in text.split(",")])


def _one(item: str, shape: Shape, classes: int) -> Augmentation:
    name, given, number = item.partition("=")
    if name not in KINDS:
        raise ValueError(f"--augment: got {item}, needs a list of {FORMS}")
    usual, make = KINDS[name]
    try:
        return make(float(number) if given else usual, shape, classes)
    except (TypeError, ValueError) as error:
        raise ValueError(f"--augment {item}: {error}") from None


def _whole(number: float) -> int:
    if not number.is_integer():
        raise ValueError(f"got {number:g}, needs a whole number of pixels")
    return int(number)
