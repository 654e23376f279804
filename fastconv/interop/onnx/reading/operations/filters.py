"""Conv and ConvTranspose."""

from typing import Any

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call, fill
from fastconv.interop.onnx.reading.operations.windows import Sides, per_axis, sides, unpadded, window
from fastconv.interop.onnx.reading.values import Data


def conv(call: Call) -> Data:
    """A convolution; zeros that a Pad put around its input become its padding."""
    weight, x = call.weight(1, (3, 4)), call.data()
    axes = _axes(call, x, weight.ndim - 2)
    x, given = unpadded(call, x, window(call, x, weight.shape[2:]))
    groups = call.integer("group", 1)
    layer = (nn.Conv1d if axes == 1 else nn.Conv2d)(
        weight.shape[1] * groups,
        weight.shape[0],
        given.kernel,
        given.stride,
        given.padding,
        given.dilation,
        groups,
        call.has(2),
        dtype=call.making.dtype,
    )
    return call.add(fill(layer, weight=weight, bias=call.parameter(2)), x)


def conv_transpose(call: Call) -> Data:
    """A transposed convolution; one along one axis is that of images with one row."""
    weight, x = call.weight(1, (3, 4)), call.data()
    axes = _axes(call, x, weight.ndim - 2)
    kernel: Any = weight.shape[2:]
    groups = call.integer("group", 1)
    stride: Any = per_axis(call, "strides", axes, 1)
    dilation: Any = per_axis(call, "dilations", axes, 1)
    more: Any = per_axis(call, "output_padding", axes, 0)
    cut: Any
    cut, more = _cut(call, x, kernel, stride, dilation, more)
    if axes == 1:
        x = call.add(nn.Unflatten(2, (1, -1)), x)
        weight = weight[:, :, None]
        kernel, stride, dilation, more = (1, *kernel), (1, *stride), (1, *dilation), (0, *more)
        cut = ((0, 0), *cut)
    layer = nn.ConvTranspose2d(
        weight.shape[0],
        weight.shape[1] * groups,
        kernel,
        stride,
        cut,
        more,
        groups,
        call.has(2),
        dilation,
        dtype=call.making.dtype,
    )
    y = call.add(fill(layer, weight=weight, bias=call.parameter(2)), x)
    return call.add(nn.Flatten(2, 3), y) if axes == 1 else y


def _axes(call: Call, x: Data, axes: int) -> int:
    """The number of axes along which a filter moves, which has to be that of the images."""
    if x.rank is not None:
        call.images(x, (axes,))
    return axes


def _cut(
    call: Call,
    x: Data,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    more: tuple[int, ...],
) -> tuple[Sides, tuple[int, ...]]:
    """What is cut off the output at both ends of each axis, and what it has more at the end."""
    auto, wanted = call.text("auto_pad", "NOTSET"), call.integers("output_shape")
    axes = len(kernel)
    if wanted is None and auto in ("NOTSET", "VALID"):
        return (sides(call, axes) if auto == "NOTSET" else ((0, 0),) * axes), more
    sizes = x.known() or (None,) * (2 + axes)
    around, extra = [], []
    for index, size in enumerate(sizes[2:]):
        reach = (kernel[index] - 1) * dilation[index] + 1
        total = reach - stride[index] + more[index]  # for size · stride outputs
        if wanted is not None:
            if size is None or len(wanted) not in (axes, axes + 2):
                raise call.refuse("an output_shape", "one for each axis, and a fixed size of the input")
            total += stride[index] * size - wanted[index - axes]
        half = max(0, total) // 2
        upper = (half, max(0, total) - half)
        around.append(upper if auto == "SAME_UPPER" else upper[::-1])
        extra.append(more[index] + max(0, -total))
    return tuple(around), tuple(extra)
