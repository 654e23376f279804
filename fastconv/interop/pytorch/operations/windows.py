"""Operations of windows, and those that give images another size."""

from collections.abc import Callable
from typing import Any

from fastconv import nn
from fastconv.interop.pytorch.leaves import PADS
from fastconv.interop.pytorch.operations.base import Make, Operation, layer, sizes


def _pool(kind: Callable[..., nn.Layer], *names: str) -> Make:
    def make(op: Operation) -> Any:
        given = dict(op.given)
        settings = {name: given[name] for name in ("kernel_size", "padding", "ceil_mode", *names)}
        return op.add(kind(**settings, stride=given["stride"] or None), op.input)

    return make


def _adaptive_maxima(op: Operation) -> Any:
    """The maxima, and in place of their indices nothing."""
    return [op.add(nn.AdaptiveMaxPool2d(op.given["output_size"]), op.input, shape=sizes(op.result[0])), None]


def _upsample(mode: str) -> Make:
    def make(op: Operation) -> Any:
        size, factors = op.option("output_size", "scale_factors")
        given = {"scale_factor": tuple(factors)} if factors else {"size": tuple(size)}
        return op.add(nn.Upsample(**given, mode=mode, align_corners=op.given.get("align_corners")), op.input)

    return make


def _pad(op: Operation) -> Any:
    """A border around the last axes; PyTorch lists them from the last to the first."""
    sides, mode, value = op.given["pad"], op.given.get("mode", "constant"), op.given["value"] or 0.0
    axes = len(op.input.shape) - 2
    if axes not in (1, 2) or any(sides[2 * axes :]):
        raise ValueError(
            f"pad: got {list(sides)}, needs pads of an image's height and width or a signal's length"
        )
    border = (*sides, *(0,) * 2 * axes)[: 2 * axes]
    if mode == "constant":
        kind = getattr(nn, f"ConstantPad{axes}d" if value else f"ZeroPad{axes}d")
        return op.add(kind(border, value) if value else kind(border), op.input)
    return op.add(getattr(nn, f"{PADS[mode]}{axes}d")(border), op.input)


WINDOWS: dict[str, Make] = {
    "max_pool1d": _pool(nn.MaxPool1d, "dilation"),
    "max_pool2d": _pool(nn.MaxPool2d, "dilation"),
    "avg_pool1d": _pool(nn.AvgPool1d, "count_include_pad"),
    "avg_pool2d": _pool(nn.AvgPool2d, "count_include_pad", "divisor_override"),
    "adaptive_avg_pool1d": layer(nn.AdaptiveAvgPool1d, "output_size"),
    "adaptive_avg_pool2d": layer(nn.AdaptiveAvgPool2d, "output_size"),
    "adaptive_max_pool2d": _adaptive_maxima,
    "upsample_nearest2d": _upsample("nearest"),
    "upsample_bilinear2d": _upsample("bilinear"),
    "upsample_linear1d": _upsample("linear"),
    "pixel_shuffle": layer(nn.PixelShuffle, "upscale_factor"),
    "pad": _pad,
    "constant_pad_nd": _pad,
}
