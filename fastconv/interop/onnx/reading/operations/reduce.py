"""ReduceMean, ReduceSum and ReduceMax."""

import math

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call
from fastconv.interop.onnx.reading.operations.activations import times
from fastconv.interop.onnx.reading.values import Data

INPUTS_SINCE = {"ReduceMean": 18, "ReduceMax": 18, "ReduceSum": 13}
"""The opsets since which the axes are an input."""


def reduce_mean(call: Call) -> Data:
    """The mean over axes."""
    x, axes = _axes(call)
    if not axes:
        return x
    dims = tuple(call.dim(axis, call.rank(x)) for axis in axes)
    return call.add(nn.Mean(dims[0] if len(dims) == 1 else dims, call.flag("keepdims", True)), x)


def reduce_sum(call: Call) -> Data:
    """The sum over axes of known size: their mean times their elements."""
    x, axes = _axes(call)
    sizes = [(x.known() or ())[axis] for axis in axes]
    if None in sizes:
        raise call.refuse("a sum over axes of open size", "known sizes; ReduceMean would fit")
    count = math.prod(size for size in sizes if size is not None)
    return call.add(times(call, count), reduce_mean(call)) if axes else x


def reduce_max(call: Call) -> Data:
    """The maximum over the pixels of images."""
    x, axes = _axes(call)
    call.images(x, (2,))
    if sorted(axes) != [2, 3]:
        raise call.refuse(f"a maximum over axes {axes}", "both axes of images, 2 and 3")
    y = call.add(nn.AdaptiveMaxPool2d(1), x)
    return y if call.flag("keepdims", True) else call.add(nn.Flatten(), y)


def _axes(call: Call) -> tuple[Data, list[int]]:
    """The data, and the axes over which it is reduced."""
    x = call.data()
    rank = call.rank(x)
    since = INPUTS_SINCE[call.node.op]
    axes = call.sizes(1) if call.opset >= since else call.integers("axes")
    if not axes:
        return x, [] if call.flag("noop_with_empty_axes") else [*range(rank)]
    return x, sorted({call.axis(axis, rank) for axis in axes})
