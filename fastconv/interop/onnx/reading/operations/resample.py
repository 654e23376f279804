"""Resize, Upsample and DepthToSpace: images of other sizes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call, frozen
from fastconv.interop.onnx.reading.operations.interpolation import (
    COORDINATES,
    ROUNDED,
    Axis,
    Way,
    matrix,
    positions,
)
from fastconv.interop.onnx.reading.values import Constant, Data
from fastconv.types import Array

MODES = {"nearest": ("nearest", "nearest"), "linear": ("linear", "bilinear")}
"""By ONNX's mode, ours for signals and for images."""
LARGEST = 2**20
"""The largest size of a resized axis."""
OURS = Way("nearest", "asymmetric"), Way("linear", "half_pixel"), Way("linear", "align_corners")
"""What `nn.Upsample` computes."""


def upsample(call: Call) -> Data:
    """Upsample, which opset 10 replaced: coordinates are scaled and rounded down."""
    scales = call.node.attributes.get("scales") if call.opset < 9 else _scales(call, 1)
    return _resized(call, scales, None, Way(call.text("mode", "nearest"), "asymmetric"))


def resize(call: Call) -> Data:
    """An image at another size: by an `Upsample` where that reads the same pixels, else by matrices."""
    if call.opset < 11:
        return upsample(call)
    way = Way(
        call.text("mode", "nearest"),
        call.text("coordinate_transformation_mode", "half_pixel"),
        call.text("nearest_mode", "round_prefer_floor"),
        call.number("cubic_coeff_a", -0.75),
        call.flag("exclude_outside"),
        call.flag("antialias"),
    )
    if way.coordinates not in COORDINATES or way.rounding not in ROUNDED:
        got = f"{way.coordinates[:30]!r} and {way.rounding[:30]!r}"
        raise call.refuse(got, f"one of {', '.join(COORDINATES)} and one of {', '.join(ROUNDED)}")
    sizes = call.inputs[3] if call.has(3) else None
    if sizes is not None and not isinstance(sizes, Constant):
        raise call.refuse("sizes computed from the model's input", "constants, or the input's own sizes")
    return _resized(call, _scales(call, 2), sizes, way)


def depth_to_space(call: Call) -> Data:
    """Channels that become pixels, in either order."""
    x, r = call.data(), call.integer("blocksize")
    call.images(x, (2,))
    channels = (x.known() or (None, None))[1]
    if call.text("mode", "DCR") == "CRD":
        return call.add(nn.PixelShuffle(r), x)
    if channels is None or r < 1 or channels % (r * r):
        raise call.refuse(f"{channels} channels and blocksize {r}", "a multiple of its square")
    apart = call.add(nn.Unflatten(1, (r * r, channels // (r * r))), x)
    return call.chain(apart, nn.Permute((0, 2, 1, 3, 4)), nn.Flatten(1, 2), nn.PixelShuffle(r))


def _scales(call: Call, index: int) -> list[float] | None:
    """A constant input of factors; None where it is missing or empty."""
    value = call.constant(index)
    if value is None or value.size == 0:
        return None
    if value.dtype.kind != "f" or value.ndim != 1 or value.size > 8:
        raise call.refuse(f"{value.dtype} of shape {value.shape} as scales", "a few floats")
    numbers: list[float] = value.tolist()
    return numbers


def _resized(call: Call, scales: Sequence[float] | None, sizes: Constant | None, way: Way) -> Data:
    """The data at the size that factors give, or sizes."""
    x = call.data()
    count = call.images(x)
    if way.mode not in (*MODES, "cubic"):
        raise call.refuse(f"mode {way.mode[:20]!r}", "nearest, linear or cubic")
    both = [_axes(call, s, scales, None if sizes is None else sizes[i]) for i, s in enumerate(x.shapes or ())]
    for candidate in OURS:
        if (
            candidate.mode == way.mode
            and not way.antialias
            and all(_same(axis, candidate, way) for axes in both for axis in axes)
        ):
            mode = MODES[way.mode][count - 1]
            aligned = (candidate.coordinates == "align_corners") if way.mode == "linear" else None
            return call.add(nn.Upsample(**_target(call, both), mode=mode, align_corners=aligned), x)
    if both[0] != both[1]:
        needs = "a fixed size, or nearest or linear as PyTorch computes them"
        raise call.refuse(f"{way.mode} with {way.coordinates} of open size", needs)
    return _by_matrices(call, x, both[0], way)


def _same(axis: Axis, ours: Way, way: Way) -> bool:
    """Whether an axis is read at the same places both ways."""
    whole = axis._replace(scale=axis.outputs / axis.size)
    return np.allclose(positions(whole, ours), positions(axis, way), rtol=0, atol=1e-6)


def _target(call: Call, both: Sequence[Sequence[Axis]]) -> dict[str, Any]:
    """The argument that says the size: factors if they are whole or the input's size is open."""
    factors = [{axis.outputs / axis.size for axis in pair} for pair in zip(*both, strict=True)]
    if all(len(each) == 1 for each in factors):
        numbers = tuple(each.pop() for each in factors)
        if both[0] != both[1] or all(number.is_integer() for number in numbers):
            return {"scale_factor": numbers[0] if len({*numbers}) == 1 else numbers}
    if any(a.outputs != b.outputs for a, b in zip(*both, strict=True)):
        raise call.refuse("a size that depends on the input's", "a multiple of it, or a fixed one")
    return {"size": tuple(axis.outputs for axis in both[0])}


def _axes(
    call: Call, shape: Sequence[int], scales: Sequence[float] | None, sizes: Array | None
) -> list[Axis]:
    """The spatial axes, with their sizes before and after."""
    rank = len(shape)
    named = call.integers("axes") if call.opset >= 18 else None
    axes = [*range(rank)] if named is None else [call.axis(axis, rank) for axis in named]
    given = sizes.ravel().tolist() if scales is None and sizes is not None else scales
    if given is None or len(given) != len(axes) or len({*axes}) != len(axes):
        raise call.refuse(f"scales or sizes {given}", f"one of them for each of {len(axes)} axes")
    if scales is None and call.making.batched and axes[0] == 0 and given[0] == call.making.batch:
        given = [shape[0], *given[1:]]
    if not all(isinstance(n, int | float) and 0 < n <= LARGEST for n in given):
        raise call.refuse(f"scales or sizes {given}", f"numbers from 0 to {LARGEST}")
    if scales is None:
        factors = [n / shape[axis] if shape[axis] else 1.0 for n, axis in zip(given, axes, strict=True)]
        policy = call.text("keep_aspect_ratio_policy", "stretch")
        if policy != "stretch":
            factors = [min(factors) if policy == "not_larger" else max(factors)] * len(axes)
        outputs = [math.floor(f * shape[axis] + 0.5) for f, axis in zip(factors, axes, strict=True)]
    else:
        factors = list(scales)
        outputs = [math.floor(f * shape[axis]) for f, axis in zip(scales, axes, strict=True)]
    found = {axis: Axis(shape[axis], out, f) for axis, out, f in zip(axes, outputs, factors, strict=True)}
    every = [found.get(axis, Axis(n, n, 1.0)) for axis, n in enumerate(shape)]
    if any(axis.size != axis.outputs for axis in every[:2]):
        raise call.refuse("a factor for batch or channels", "1 for both")
    if any(not 0 < n <= LARGEST for axis in every[2:] for n in axis[:2]):
        raise call.refuse(f"sizes {[axis.outputs for axis in every[2:]]}", f"sizes from 1 to {LARGEST}")
    return every[2:]


def _by_matrices(call: Call, x: Data, axes: Sequence[Axis], way: Way) -> Data:
    """Each axis multiplied by a matrix that training leaves as it is: whatever is linear and separable."""
    order = {1: (0, 1, 2), 2: (0, 1, 3, 2)}[len(axes)]
    for axis in reversed(axes):
        if axis.size != axis.outputs or way.coordinates != "asymmetric":
            call.making.budget.take(axis.outputs, axis.size, 3)
            layer = nn.Linear(axis.size, axis.outputs, False, dtype=call.making.dtype)
            x = call.add(frozen(layer, weight=matrix(axis, way)), x)
        if len(axes) == 2:
            x = call.add(nn.Permute(order), x)
    return x
