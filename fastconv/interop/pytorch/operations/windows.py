"""Operations of windows, and those that give images another size."""

from collections.abc import Callable
from typing import Any

from fastconv import nn
from fastconv.interop.pytorch.operations.base import Make, Operation, layer


def _pool(kind: Callable[..., nn.Layer], *names: str) -> Make:
    def make(op: Operation) -> Any:
        given = dict(op.given)
        settings = {name: given[name] for name in ("kernel_size", "padding", "ceil_mode", *names)}
        return op.add(kind(**settings, stride=given["stride"] or None), op.input)

    return make


def _mean(op: Operation) -> Any:
    value, dims = op.input, op.given["dim"]
    axes = sorted(dim % len(value.shape) for dim in dims or range(len(value.shape)))
    if len(value.shape) != 4 or axes != [2, 3]:
        raise ValueError(f"dim: got {dims}, needs those of height and width, (2, 3)")
    pooled = op.add(nn.AdaptiveAvgPool2d(1), value, shape=(*value.shape[:2], 1, 1))
    return pooled if op.given["keepdim"] else op.add(nn.Flatten(), pooled)


def _upsample(mode: str) -> Make:
    def make(op: Operation) -> Any:
        size, factors = op.option("output_size", "scale_factors")
        given = {"scale_factor": tuple(factors)} if factors else {"size": tuple(size)}
        return op.add(nn.Upsample(**given, mode=mode, align_corners=op.given.get("align_corners")), op.input)

    return make


def _pad(op: Operation) -> Any:
    sides, mode, value = op.given["pad"], op.given.get("mode", "constant"), op.given["value"] or 0
    sides = [*sides, 0, 0, 0, 0][:4] if not any(sides[4:]) else sides
    if mode != "constant" or value or len(sides) != 4 or len(op.input.shape) != 4:
        raise ValueError(f"got mode {mode!r}, value {value}, needs zeros around an image: nn.ZeroPad2d")
    return op.add(nn.ZeroPad2d(tuple(sides)), op.input)


WINDOWS: dict[str, Make] = {
    "max_pool1d": _pool(nn.MaxPool1d, "dilation"),
    "max_pool2d": _pool(nn.MaxPool2d, "dilation"),
    "avg_pool1d": _pool(nn.AvgPool1d, "count_include_pad"),
    "avg_pool2d": _pool(nn.AvgPool2d, "count_include_pad", "divisor_override"),
    "adaptive_avg_pool1d": layer(nn.AdaptiveAvgPool1d, "output_size"),
    "adaptive_avg_pool2d": layer(nn.AdaptiveAvgPool2d, "output_size"),
    "adaptive_max_pool2d": layer(nn.AdaptiveMaxPool2d, "output_size"),
    "mean": _mean,
    "upsample_nearest2d": _upsample("nearest"),
    "upsample_bilinear2d": _upsample("bilinear"),
    "upsample_linear1d": _upsample("linear"),
    "pixel_shuffle": layer(nn.PixelShuffle, "upscale_factor"),
    "pad": _pad,
    "constant_pad_nd": _pad,
}
