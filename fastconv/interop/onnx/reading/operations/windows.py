"""Windows that move over images: their attributes, which convolutions and pools share."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call
from fastconv.interop.onnx.reading.values import Data

Sides = tuple[tuple[int, int], ...]


class Window(NamedTuple):
    """The arguments of a layer with windows; a padding is one pair an axis, or "same_upper"."""

    kernel: Any
    stride: Any
    padding: Any
    dilation: Any

    @property
    def narrow(self) -> bool:
        """Whether each window sees a pixel, whatever the padding."""
        if self.padding == "same_upper":
            return True
        return all(max(pair) < taps for pair, taps in zip(self.padding, self.kernel, strict=True))


def window(call: Call, x: Data, kernel: Sequence[int]) -> Window:
    """The window that a node's attributes describe, for a kernel of this size."""
    axes = len(kernel)
    if call.integers("kernel_shape") not in (None, list(kernel)):
        raise call.refuse(f"kernel_shape {call.integers('kernel_shape')}", f"that of the weights, {kernel}")
    stride = per_axis(call, "strides", axes, 1)
    dilation = per_axis(call, "dilations", axes, 1)
    auto = call.text("auto_pad", "NOTSET")
    if auto == "SAME_UPPER":
        padding: Any = "same_upper"
    elif auto == "SAME_LOWER":
        padding = _same_lower(call, x, kernel, stride, dilation)
    elif auto in ("NOTSET", "VALID"):
        padding = sides(call, axes) if auto == "NOTSET" else ((0, 0),) * axes
    else:
        raise call.refuse(f"auto_pad {auto[:20]!r}", "NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    return Window(tuple(kernel), stride, padding, dilation)


def per_axis(call: Call, name: str, axes: int, default: int) -> tuple[int, ...]:
    """One number for each axis."""
    numbers = call.integers(name)
    if numbers is None:
        return (default,) * axes
    if len(numbers) != axes:
        raise call.refuse(f"{len(numbers)} {name}", f"{axes}, one for each axis of the kernel")
    return tuple(numbers)


def sides(call: Call, axes: int) -> Sides:
    """The attribute pads as (before, after) of each axis."""
    pads = per_axis(call, "pads", 2 * axes, 0)
    return tuple(zip(pads[:axes], pads[axes:], strict=True))


def _same_lower(
    call: Call, x: Data, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> Sides:
    """As many zeros as make the output the input's size / stride, rounded up; the odd one before."""
    sizes = x.known() or (None,) * (2 + len(kernel))
    around = []
    for size, taps, step, spread in zip(sizes[2:], kernel, stride, dilation, strict=True):
        reach = (taps - 1) * spread + 1
        if size is None and step > 1:
            needs = "a fixed size of the model's input, or SAME_UPPER"
            raise call.refuse("auto_pad SAME_LOWER with strides", needs)
        outputs = -(-size // step) if size is not None and step > 0 else 1
        total = max(0, (outputs - 1) * step + reach - (size or 1))
        around.append((total - total // 2, total // 2))
    return tuple(around)


def unpadded(call: Call, x: Data, given: Window) -> tuple[Data, Window]:
    """What a Pad with zeros has read, in place of what it gave, and its zeros in the window's padding."""
    made = call.making.made(x)
    if (
        made is None
        or not isinstance(made.layer, nn.ZeroPad1d | nn.ZeroPad2d)
        or given.padding == "same_upper"
    ):
        return x, given
    around = made.layer.padding  # the last axis first
    more = [around[i : i + 2] for i in range(0, len(around), 2)][::-1]
    if len(more) != len(given.kernel) or min(around) < 0:
        return x, given
    padding = tuple((a + b, c + d) for (a, c), (b, d) in zip(given.padding, more, strict=True))
    return made.sources[0], given._replace(padding=padding)
