"""Something around signals and images."""

from typing import Any

from fastconv.interop.onnx.writing.graph import Place
from fastconv.interop.onnx.writing.shape import sliced

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}
"""ONNX's name of each border."""


def pad(at: Place, layer: Any, x: str) -> str:
    """A number, a mirrored edge or a repeated one around; then crops, where the padding is below 0."""
    sides = _sides(layer)
    more = [[0, 0, *(max(0, both[end]) for both in sides)] for end in (0, 1)]
    value = [at.numbers("value", layer._value())] if layer.mode == "constant" else []
    x = at.node("Pad", x, at.integers("pads", *more[0], *more[1]), *value, mode=MODES[layer.mode])
    for axis, (size, (before, after)) in enumerate(zip(at.shape[1:], sides, strict=True)):
        if min(before, after) < 0:
            whole = max(0, before) + size + max(0, after)
            x = sliced(at, x, axis + 2, max(0, -before), whole + min(0, after))
    return x


def circular_pad(at: Place, layer: Any, x: str) -> str:
    """Crops, then the other end of what is left: slices, one after the other."""
    for axis, (size, (before, after)) in enumerate(zip(at.shape[1:], _sides(layer), strict=True), 2):
        if min(before, after) < 0:
            x = sliced(at, x, axis, max(0, -before), size + min(0, after))
            size += min(0, before) + min(0, after)
        ends = [sliced(at, x, axis, size - before, size)] if before > 0 else []
        starts = [sliced(at, x, axis, 0, after)] if after > 0 else []
        if ends or starts:
            x = at.node("Concat", *ends, x, *starts, axis=axis)
    return x


def _sides(layer: Any) -> list[tuple[int, int]]:
    """The padding before and after each axis of pixels, the first axis first."""
    given = layer.padding
    return [*zip(given[::2], given[1::2], strict=True)][::-1]
