"""Where the outputs of a convolution lie in memory."""

from typing import NamedTuple


class Place(NamedTuple):
    """Where outputs lie: index of the first, and steps from image to image, row to row, pixel to pixel."""

    first: int
    image: int
    row: int
    pixel: int
