"""Convolutions and their transposes."""

from collections.abc import Sequence
from typing import Any

from fastconv import nn
from fastconv.geometry import same_upper
from fastconv.interop.onnx.writing.graph import Place
from fastconv.interop.onnx.writing.shape import along_channels


def conv(at: Place, layer: nn.Conv1d | nn.Conv2d, x: str) -> str:
    """Any padding as numbers, since the size of the images is known."""
    sizes = zip(at.shape[1:], layer.kernel_size, layer.stride, layer.dilation, strict=True)
    padding = layer.padding
    if padding == "valid":
        padding = [(0, 0)] * len(layer.kernel_size)
    elif isinstance(padding, str):
        padding = [same_upper(*axis) for axis in sizes]
    return at.node("Conv", x, *_arrays(at, layer), **_window(layer, padding))


def conv_transpose(at: Place, layer: nn.ConvTranspose2d, x: str) -> str:
    """With the rows and columns that the output has more at its end.

    They are cut off less where there are as many as a stride, which runtimes refuse; what is beyond all taps
    is the bias alone.
    """
    more, around = layer.output_padding, layer.padding
    if not any(more):
        return at.node("ConvTranspose", x, *_arrays(at, layer), **_window(layer, around))
    if all(count < step for count, step in zip(more, layer.stride, strict=True)):
        window = _window(layer, around)
        return at.node("ConvTranspose", x, *_arrays(at, layer), **window, output_padding=list(more))
    ends = [after - count for (_, after), count in zip(around, more, strict=True)]
    cut = [(before, max(0, end)) for (before, _), end in zip(around, ends, strict=True)]
    y = at.node("ConvTranspose", x, at.parameter(layer.weight), **_window(layer, cut))
    beyond = pads([(0, 0), (0, 0), *((0, max(0, -end)) for end in ends)])
    y = at.node("Pad", y, at.integers("pads", *beyond))
    return y if layer.bias is None else at.node("Add", y, along_channels(at, at.parameter(layer.bias)))


def pads(padding: Sequence[tuple[int, int]]) -> list[int]:
    """All beginnings, then all ends: ONNX's order."""
    return [*(before for before, _ in padding), *(after for _, after in padding)]


def _arrays(at: Place, layer: Any) -> list[str]:
    return [at.parameter(array) for array in (layer.weight, layer.bias) if array is not None]


def _window(layer: Any, padding: Sequence[tuple[int, int]]) -> dict[str, Any]:
    return {
        "kernel_shape": list(layer.kernel_size),
        "strides": list(layer.stride),
        "pads": pads(padding),
        "dilations": list(layer.dilation),
        "group": layer.groups,
    }
