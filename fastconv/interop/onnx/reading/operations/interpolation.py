"""Where the pixels of a resized image are read: ONNX's coordinate modes as positions and weights."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastconv.types import Array

ROUNDED: dict[str, Callable[[Array], Array]] = {
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}
COORDINATES = (
    *("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"),
    *("align_corners", "asymmetric", "tf_half_pixel_for_nn"),
)


class Way(NamedTuple):
    """How an image is resized: the attributes of Resize."""

    mode: str
    coordinates: str
    rounding: str = "floor"
    cubic: float = -0.75
    exclude_outside: bool = False
    antialias: bool = False


class Axis(NamedTuple):
    """One axis: its size before and after, and what an output's index is divided by for the input's."""

    size: int
    outputs: int
    scale: float


def positions(axis: Axis, way: Way) -> Array:
    """Where each output is read, in pixels of the input; of "nearest" whole numbers."""
    p, (size, outputs, scale) = np.arange(axis.outputs, dtype=np.float64), axis
    exact = outputs == scale * size
    read = p * size / outputs if exact else p / scale
    halves = ((p + 0.5) * size / outputs if exact else (p + 0.5) / scale) - 0.5
    if way.coordinates == "asymmetric":
        x = read
    elif way.coordinates == "align_corners":
        x = p * (size - 1) / (scale * size - 1) if scale * size != 1 else 0 * p
    elif way.coordinates == "tf_half_pixel_for_nn":
        x = halves + 0.5
    elif way.coordinates == "half_pixel_symmetric":
        x = halves + size / 2 * (1 - outputs / (scale * size))
    else:
        x = halves * (outputs > 1 or way.coordinates == "half_pixel")
    if way.mode == "nearest":
        x = ROUNDED[way.rounding](x)
    return x if way.mode == "cubic" or way.antialias else np.clip(x, 0, size - 1)


def matrix(axis: Axis, way: Way) -> Array:
    """The weights (outputs, size) with which the pixels along an axis are added up."""
    x = positions(axis, way)
    below = np.floor(x).astype(np.int64)
    squeezed = min(1.0, axis.scale) if way.antialias else 1.0
    first = math.floor(-(2 if way.mode == "cubic" else 1) / squeezed) + 1
    offsets = np.arange(first, 2 - first)
    distance = np.abs(offsets - (x - below)[:, None]) * squeezed
    weights = _cubic(distance, way.cubic) if way.mode == "cubic" else np.maximum(0, 1 - distance)
    places = below[:, None] + offsets
    if way.exclude_outside:
        weights = weights * ((places >= 0) & (places < axis.size))
    if way.exclude_outside or way.antialias:
        weights = weights / weights.sum(axis=1, keepdims=True)
    result = np.zeros((axis.outputs, axis.size))
    np.add.at(result, (np.arange(axis.outputs)[:, None], np.clip(places, 0, axis.size - 1)), weights)
    return result


def _cubic(distance: Array, a: float) -> Array:
    """The kernel of Keys, "Cubic convolution interpolation for digital image processing", 1981."""
    d = distance
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
    weights: Array = np.where(d <= 1, near, np.where(d < 2, far, 0.0))
    return weights
