"""What convolution and pooling share: checked window arguments, and how they are written."""

from collections.abc import Sequence
from typing import Any

from fastconv import validate
from fastconv.geometry import Axis, Sides, axes
from fastconv.ops.rank import PLANE, Rank
from fastconv.types import Shape


def image_size(layer: str, input_shape: Shape, channels: int | str = "channels", rank: Rank = PLANE) -> Shape:
    """(height, width) of (channels, height, width), or (length,); TypeError, ValueError for anything else."""
    shape = validate.size(layer, "input_shape", input_shape)
    if len(shape) != rank.axes + 1:
        needs = ", ".join([str(channels), *rank.sides])
        raise ValueError(f"{layer}: got shape {shape}, needs ({needs})")
    return shape[1:]


def window_axes(
    rank: Rank,
    size: Shape,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    ceil_mode: bool = False,
) -> tuple[Axis, ...]:
    """The axes on which a layer's windows move."""
    around: Sides = rank.two(tuple(padding), (0, 0))
    numbers = (rank.two(tuple(each), 1) for each in (size, kernel, stride, dilation))
    pixels, taps, steps, spread = numbers
    return axes(pixels, taps, steps, around, spread, ceil_mode)[-rank.axes :]


def by(size: tuple[int, ...]) -> str:
    """A size as text: 3 x 3."""
    return " x ".join(map(str, size))


def short(value: Sequence[int]) -> Any:
    """One value for each axis as they are usually written: one value where all are equal."""
    return value[0] if len(set(value)) == 1 else tuple(value)


def short_padding(padding: str | Sequence[tuple[int, int]]) -> Any:
    """Padding as it is usually written: one number, one for each axis, or all sides."""
    if isinstance(padding, str):
        return padding
    symmetric = all(before == after for before, after in padding)
    return short([before for before, _ in padding]) if symmetric else tuple(padding)
