"""The windows of poolings: their checks, for images and for signals."""

from functools import lru_cache
from typing import Any, NamedTuple

from fastconv import validate
from fastconv.geometry import Axis, Sides, axes, same_upper
from fastconv.ops.rank import Rank, rank_of
from fastconv.types import Array, Shape
from fastconv.validate import wrong_value

PADDINGS = ("same_upper",)
"""Paddings of a pooling that have a name."""


class Windows(NamedTuple):
    """The arguments of a pooling as a backend gets them, in its order."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: Sides
    dilation: tuple[int, int]
    ceil_mode: bool


def checked_windows(
    rank: Rank,
    function: str,
    argument: str,
    input: Shape,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
) -> tuple[Windows, Shape]:
    """Check a pooling's arguments and input; return what a backend is told, and the shape of the output.

    There has to be a window, and every window has to see a pixel.
    """
    count = rank.axes
    kernel = validate.per_axis(function, "kernel_size", kernel_size, axes=count)
    return _checked(
        rank,
        function,
        argument,
        input,
        kernel,
        validate.stride(function, stride, kernel),
        validate.padding_or_name(function, padding, PADDINGS, count),
        validate.per_axis(function, "dilation", dilation, axes=count),
        validate.flag(function, "ceil_mode", ceil_mode),
    )


@lru_cache(maxsize=4096)
def _checked(
    rank: Rank,
    function: str,
    argument: str,
    input: Shape,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: Any,
    dilation: tuple[int, ...],
    ceil_mode: bool,
) -> tuple[Windows, Shape]:
    rank.check_images(function, argument, input)
    size, taps = rank.two(input[-rank.axes :], 1), rank.two(kernel, 1)
    steps, spread = rank.two(stride, 1), rank.two(dilation, 1)
    if padding == "same_upper":
        top, left = (same_upper(*axis) for axis in zip(size, taps, steps, spread, strict=True))
        around: Sides = (top, left)
    else:
        around = rank.two(padding, (0, 0))
    both = axes(size, taps, steps, around, spread, ceil_mode)[-rank.axes :]
    for side, axis, asked in zip(rank.sides, both, around[-rank.axes :], strict=True):
        if padding != "same_upper" and max(asked) >= axis.taps:
            needs = f"at most {axis.taps - 1}, less than kernel {side} {axis.taps}"
            raise wrong_value(function, "padding", asked, needs)
        _check_axis(function, argument, side, axis, asked)
    output = (*input[: -rank.axes], *(axis.outputs for axis in both))
    return Windows(taps, steps, around, spread, ceil_mode), output


def _check_axis(function: str, argument: str, side: str, axis: Axis, around: tuple[int, int]) -> None:
    """Check that there is a window along an axis, and that every window sees a pixel."""
    if axis.outputs < 1:
        needs = f"{side} and padding of at least {axis.reach} in all for a kernel of {side} {axis.taps}"
        needs += f" with dilation {axis.dilation}" if axis.dilation > 1 else ""
        raise wrong_value(function, argument, f"{side} {axis.size} with padding {around}", needs)
    taps = range(0, axis.taps * axis.dilation, axis.dilation)
    starts = range(-axis.before, axis.outputs * axis.stride - axis.before, axis.stride)
    wide = axis.dilation > axis.size  # narrower steps cannot pass over the image
    if wide and not all(any(0 <= start + tap < axis.size for tap in taps) for start in starts):
        needs = f"no window that falls beside the image of {side} {axis.size}: "
        raise wrong_value(function, "dilation", axis.dilation, needs + "a smaller dilation or padding")


def adaptive_size(function: str, input: Shape, output_size: Any) -> tuple[int, int]:
    """Check an adaptive pooling's arguments; return the (height, width) of its output."""
    rank = rank_of(function)
    rank.check_images(function, "input", input)
    asked = validate.output_size(function, output_size, 0, rank.axes)
    pixels = input[-rank.axes :]
    size = tuple(n if count is None else count for count, n in zip(asked, pixels, strict=True))
    validate.few_enough(function, "output_size", size, (*input[: -rank.axes], *size))
    return rank.two(size, 1)


def check_gradient(function: str, G: Array, input_size: Shape) -> None:
    """Check the shape of an input, and that there is an output gradient for each image and channel of it."""
    rank = rank_of(function)
    rank.check_images(function, "input_size", input_size)
    lead = input_size[: -rank.axes]
    if G.ndim != len(input_size) or G.shape[: -rank.axes] != lead:
        outputs = "P, Q" if rank.axes == 2 else "P"
        needs = f"({', '.join(map(str, lead))}, {outputs}) to match input_size {input_size}"
        raise wrong_value(function, "grad_output", f"shape {G.shape}", needs)
