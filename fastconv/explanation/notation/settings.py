"""How settings and places of windows are written."""

from typing import Any

from fastconv.explanation.windows import Filters, before
from fastconv.types import Shape

OUTPUT, TAP, INPUT = "ij", "mn", "uv"
"""The indices of an output, of a filter's or a window's entry and of an input, along each axis."""
_SIDES = "top", "bottom", "left", "right"


def settings_of(layer: Filters, **usual: Any) -> str:
    """The settings that are not the usual ones, such as `, stride 2, padding 0x1`."""
    settings = {
        name: value for name, value in layer.config().items() if name in usual and value != usual[name]
    }
    return "".join(f", {name} {_setting(value)}" for name, value in settings.items())


def _setting(value: Any) -> str:
    if not isinstance(value, tuple):
        return str(value)
    if isinstance(value[0], tuple):
        sides = _SIDES if len(value) > 1 else ("before", "after")
        return ", ".join(f"{side} {n}" for side, n in zip(sides, sum(value, ()), strict=True) if n)
    return by(value)


def by(sizes: tuple[int, ...]) -> str:
    """Sizes along each axis, such as `3x3`."""
    return "x".join(map(str, sizes))


def indices(layer: Filters, letters: str) -> str:
    """An index for each axis: `i,j` of an image, `i` of a signal."""
    return ",".join(letters[: len(layer.kernel_size)])


def places(layer: Filters, size: Shape) -> str:
    """The input indices that belong to the output's and the filter's, such as `2i+m-1,2j+n-1`.

    size: that of an image, or of a signal, which some paddings depend on.
    """
    return ",".join(_place(layer, axis, length) for axis, length in enumerate(size))


def _place(layer: Filters, axis: int, size: int) -> str:
    shift = before(layer, axis, size)
    scaled = times(layer.stride[axis], OUTPUT[axis]), times(layer.dilation[axis], TAP[axis])
    return "+".join(scaled) + (f"-{shift}" if shift else "")


def times(factor: int, index: str) -> str:
    """An index times a stride or a dilation."""
    return index if factor == 1 else f"{factor}{index}"
