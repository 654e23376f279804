"""Images with other sizes."""

import math

import numpy as np

from fastconv import nn
from fastconv.backends import backend
from fastconv.interop.onnx.writing.graph import Place
from fastconv.types import Indices, Shape

CLOSE = 1e-4
"""How near a position may be to a pixel's edge before rounding decides which pixel it is on."""


def upsample(at: Place, layer: nn.Upsample, x: str) -> str:
    """Resize by factors, which make the sizes that the layer gives.

    Which pixel is the nearest may hang on how a runtime rounds; where it does, pixels are gathered by number.
    """
    sizes, wanted = at.shape[1:], layer.output_shape(at.shape)[1:]
    factors = [_factor(layer, *axis) for axis in zip(sizes, wanted, _asked(layer, sizes), strict=True)]
    if layer.mode == "nearest":
        read = _nearest(at, layer)
        if not all(map(_plain, read, factors)):
            return _gathered(at, x, read)
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        place = "align_corners" if layer.align_corners else "half_pixel"
        how = {"mode": "linear", "coordinate_transformation_mode": place}
    scales = at.constant("scales", np.array([1, 1, *factors], np.float32))
    return at.node("Resize", x, "", scales, **how)


def pixel_shuffle(at: Place, layer: nn.PixelShuffle, x: str) -> str:
    """Channels that become pixels, in PyTorch's order."""
    if len(at.shape) != 3:
        raise ValueError(f"got shape {at.shape}, needs (channels, height, width): ONNX shuffles images alone")
    return at.node("DepthToSpace", x, blocksize=layer.upscale_factor, mode="CRD")


def _asked(layer: nn.Upsample, sizes: Shape) -> tuple[float | None, ...]:
    """The factor of each axis, if there are factors."""
    given = layer.scale_factor
    return given if isinstance(given, tuple) else (given,) * len(sizes)


def _factor(layer: nn.Upsample, size: int, wanted: int, asked: float | None) -> np.float32:
    """The float32 by which `size` becomes `wanted`, rounded down: that which was asked for, or the next.

    It is that of the sizes where positions depend on these alone, as all do where an axis keeps its size.
    """
    by_sizes = layer.align_corners or size == wanted
    factor = np.float32(wanted / size if asked is None or by_sizes else asked)

    def products() -> tuple[int, int]:
        return math.floor(np.float32(size) * factor), math.floor(size * float(factor))

    while min(products()) < wanted:
        factor = np.nextafter(factor, np.float32(math.inf))
    while max(products()) > wanted:
        factor = np.nextafter(factor, np.float32(0))
    return factor


def _nearest(at: Place, layer: nn.Upsample) -> list[Indices]:
    """By axis, which pixel each output is: found by reading an image of pixel numbers."""
    found = []
    for axis, numbers in enumerate(np.indices(at.shape[1:])):
        with backend("reference"):
            read = layer(numbers[None, None].astype(at.dtype))
        found.append(np.moveaxis(read, axis + 2, -1).reshape(-1, read.shape[axis + 2])[0].astype(np.int64))
    return found


def _plain(pixels: Indices, factor: np.float32) -> bool:
    """Whether the positions, divided by the factor and rounded down, are these pixels for certain."""
    at = np.arange(len(pixels)) / float(factor)
    near = np.rint(at)
    doubtful = (np.abs(at - near) < CLOSE) & (at != near)
    return bool(np.array_equal(np.floor(at), pixels) and not doubtful.any())


def _gathered(at: Place, x: str, read: list[Indices]) -> str:
    for axis, pixels in enumerate(read):
        x = at.node("Gather", x, at.constant("pixels", pixels), axis=axis + 2)
    return x
