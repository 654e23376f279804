"""What convolution and pooling share: checked window arguments, and how they are written."""

from collections.abc import Sequence
from typing import Any

from fastconv import validate
from fastconv.geometry import Sides
from fastconv.types import Shape


def image_size(layer: str, input_shape: Shape, channels: int | str = "channels") -> Shape:
    """(height, width) of (channels, height, width); TypeError, ValueError for anything else."""
    shape = validate.size(layer, "input_shape", input_shape)
    if len(shape) != 3:
        raise ValueError(f"{layer}: got shape {shape}, needs ({channels}, height, width)")
    return shape[1:]


def by(size: tuple[int, ...]) -> str:
    """A size as text: 3 x 3."""
    return " x ".join(map(str, size))


def short(value: Sequence[int]) -> Any:
    """A pair as it is usually written: one value where both are equal."""
    return value[0] if value[0] == value[1] else tuple(value)


def short_padding(padding: str | Sides) -> Any:
    """Padding as it is usually written: one number, (height, width), or all four sides."""
    if isinstance(padding, str):
        return padding
    (top, bottom), (left, right) = padding
    return short((top, left)) if top == bottom and left == right else padding
