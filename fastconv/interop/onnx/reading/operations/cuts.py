"""Slice, Split, Gather, Concat and Pad: parts of data, and what is put beside it."""

import math
from typing import Any

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call
from fastconv.interop.onnx.reading.operations.shapes import MOST_COPIES, reshaped
from fastconv.interop.onnx.reading.values import Data
from fastconv.validate import LARGEST

PADS: dict[str, tuple[Any, Any]] = {
    "reflect": (nn.ReflectionPad1d, nn.ReflectionPad2d),
    "edge": (nn.ReplicationPad1d, nn.ReplicationPad2d),
    "wrap": (nn.CircularPad1d, nn.CircularPad2d),
}


def concat(call: Call) -> Data:
    """Data one after the other along an axis."""
    data = [call.data(index) for index in range(len(call.inputs))]
    ranks = [x.rank for x in data if x.rank is not None]
    axis = call.integer("axis", 1)
    if not ranks and (not call.making.batched or axis == 0):
        call.rank(data[0])
    dim = call.dim(axis, ranks[0]) if ranks else axis
    return call.add(nn.Concatenate(dim), *data) if len(data) > 1 else data[0]


def split(call: Call) -> list[Data]:
    """Parts along an axis."""
    x, count = call.data(), len(call.node.outputs)
    rank = call.rank(x)
    axis = call.axis(call.integer("axis"), rank)
    sizes = call.either("split", 1)
    whole = (x.known() or ())[axis]
    if whole is None:
        raise call.refuse("an axis of open size", "a known one")
    if sizes is None:
        part = -(-whole // max(1, call.integer("num_outputs", count)))
        sizes = [min(part, max(0, whole - i * part)) for i in range(count)]
    if len(sizes) != count or sum(sizes) != whole or min(sizes) < 0:
        raise call.refuse(f"parts {sizes} for {count} outputs", f"one size for each, {whole} in all")
    dim, ends = call.dim(axis, rank), [sum(sizes[: i + 1]) for i in range(count)]
    return [call.add(nn.Slice(dim, end - size, end), x) for size, end in zip(sizes, ends, strict=True)]


def cut(call: Call) -> Data:
    """From one index to another, along one axis or several."""
    x = call.data()
    rank = call.rank(x)
    starts, ends = call.either("starts", 1), call.either("ends", 2)
    if starts is None or ends is None or len(starts) != len(ends):
        raise call.refuse(f"starts {starts} and ends {ends}", "as many of both")
    axes = call.either("axes", 3)
    axes = [*range(len(starts))] if axes is None else axes
    steps = (call.sizes(4) if call.opset >= 10 else None) or [1] * len(starts)
    if not len(axes) == len(steps) == len(starts) or 0 in steps:
        raise call.refuse(f"axes {axes} and steps {steps}", f"{len(starts)} of both, no step 0")
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        sizes = {s[call.axis(axis, rank)] for s in x.shapes or ()}
        if all(slice(start, end, step).indices(n) == (0, n, 1) for n in sizes):
            continue
        first, last = (None if abs(n) >= LARGEST else n for n in (start, end))
        x = call.add(nn.Slice(call.dim(axis, rank), first, last, max(-LARGEST, min(step, LARGEST))), x)
    return x


def gather(call: Call) -> Data:
    """Elements at constant indices of an axis: one, or several side by side."""
    x, indices = call.data(), call.constant(1)
    if indices is None or indices.dtype.kind not in "iu" or indices.ndim > 1 or indices.size > MOST_COPIES:
        needs = f"one whole number or a list of up to {MOST_COPIES}"
        raise call.refuse("indices", needs)
    rank = call.rank(x)
    axis = call.axis(call.integer("axis"), rank)
    dim, numbers = call.dim(axis, rank), indices.ravel().tolist()
    if any(not -s[axis] <= n < s[axis] for s in x.shapes or () for n in numbers) or not numbers:
        raise call.refuse(f"indices {numbers}", f"some inside axis {axis} of {x.known()}")
    parts = [call.add(nn.Slice(dim, n, None if n == -1 else n + 1), x) for n in numbers]
    if indices.ndim == 0:
        return reshaped(call, parts[0], lambda s: s[:axis] + s[axis + 1 :])
    return call.add(nn.Concatenate(dim), *parts) if len(parts) > 1 else parts[0]


def pad(call: Call) -> Data:
    """Numbers around images or signals."""
    x, mode = call.data(), call.text("mode", "constant")
    rank = call.rank(x)
    pads = call.either("pads", 1)
    axes = call.sizes(3) if call.opset >= 18 else None
    axes = [*range(rank)] if axes is None else [call.axis(axis, rank) for axis in axes]
    if pads is None or len(pads) != 2 * len(axes) or len({*axes}) != len(axes):
        raise call.refuse(f"pads {pads}", f"two numbers for each of {len(axes)} axes")
    around = {axis: (pads[i], pads[i + len(axes)]) for i, axis in enumerate(axes)}
    around = {axis: both for axis, both in around.items() if both != (0, 0)}
    count = call.images(x)
    if any(axis < 2 for axis in around):
        raise call.refuse("a padding of batch or channels", "one of pixels")
    if not around:
        return x
    sides = [n for axis in range(rank - 1, 1, -1) for n in around.get(axis, (0, 0))]
    value = call.number("value", 0.0) if call.opset < 11 else call.scalar(2, 0.0)
    return call.add(_layer(call, mode, count, tuple(sides), value), x)


def _layer(call: Call, mode: str, count: int, sides: tuple[int, ...], value: float) -> nn.Layer:
    if mode == "constant":
        if value == 0:
            return (nn.ZeroPad1d if count == 1 else nn.ZeroPad2d)(sides)
        if math.isnan(value):
            raise call.refuse("a padding of NaN", "a number")
        return (nn.ConstantPad1d if count == 1 else nn.ConstantPad2d)(sides, value)
    if mode not in PADS:
        raise call.refuse(f"mode {mode[:20]!r}", f"constant, {', '.join(PADS)}")
    kind: Any = PADS[mode][count - 1]
    layer: nn.Layer = kind(sides)
    return layer
