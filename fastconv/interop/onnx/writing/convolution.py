"""Convolutions: windows with weights."""

from collections.abc import Sequence
from typing import Any

from fastconv import nn
from fastconv.geometry import same_upper
from fastconv.interop.onnx.writing.graph import Place


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
    """The same with what the output has more at the end."""
    extra = list(layer.output_padding)
    return at.node(
        "ConvTranspose", x, *_arrays(at, layer), **_window(layer, layer.padding),
        output_padding=extra if any(extra) else None,
    )  # fmt: skip


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
