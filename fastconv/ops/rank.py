"""Images of one axis and of two: what errors call their parts, and how a backend gets them.

A backend knows images (N, C, H, W) alone. A signal (N, C, L) is one of height 1: in memory, whose innermost
axis are the channels, the two are the same.
"""

from typing import Any, NamedTuple

from fastconv.types import Array, Shape
from fastconv.validate import wrong_value


class Rank(NamedTuple):
    """The number of axes along which windows move, and the names of such arrays and of their parts."""

    axes: int
    images: str
    outputs: str
    taps: str
    sides: tuple[str, ...]
    points: str

    def two(self, values: tuple[Any, ...], other: Any) -> tuple[Any, Any]:
        """A value for the height and one for the width: of a signal's height, the `other`."""
        first, last = values if self.axes == 2 else (other, *values)
        return first, last

    def shape(self, shape: Shape) -> Shape:
        """The shape (N, C, H, W) of an array of this shape, with a batch axis or without."""
        lead, size = shape[: -self.axes], shape[-self.axes :]
        return (1, *lead, *self.two(size, 1))[-4:]

    def batch(self, array: Array) -> Array:
        """The array as (N, C, H, W)."""
        images = array if array.ndim == self.axes + 2 else array[None]
        return images if self.axes == 2 else images[:, :, None]

    def filters(self, weight: Array) -> Array:
        """A weight as (K, C/groups, R, S)."""
        return weight if self.axes == 2 else weight[:, :, None]

    def weight(self, filters: Array) -> Array:
        """A weight with the axes that it has in public."""
        return filters if self.axes == 2 else filters[:, :, 0]

    def same_axes(self, images: Array, like: Array) -> Array:
        """Images (N, C, H, W) with the axes that `like` has."""
        plain = images if self.axes == 2 else images[:, :, 0]
        return plain if like.ndim == self.axes + 2 else plain[0]

    def check_images(self, function: str, argument: str, shape: Shape) -> None:
        """Check that these are images, with at least one channel and pixel."""
        if len(shape) not in (self.axes + 1, self.axes + 2) or 0 in shape[-self.axes - 1 :]:
            got = shape if argument == "input_size" else f"shape {shape}"
            raise wrong_value(function, argument, got, self.images)


PLANE = Rank(
    2,
    "(N, C, H, W) or (C, H, W) with at least one channel and pixel",
    "(N, K, P, Q) or (K, P, Q) with at least one channel and pixel",
    "kH, kW",
    ("height", "width"),
    "pixels",
)
LINE = Rank(
    1,
    "(N, C, L) or (C, L) with at least one channel and position",
    "(N, K, P) or (K, P) with at least one channel and position",
    "kL",
    ("length",),
    "positions",
)


def rank_of(name: str) -> Rank:
    """The rank of a function or a layer of this name."""
    return LINE if "1d" in name else PLANE
