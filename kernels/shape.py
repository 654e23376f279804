"""Sizes along one axis of a convolution, of its input gradient and of its weight gradient."""

import math
from typing import NamedTuple


class Axis(NamedTuple):
    """One axis of a convolution: input size, filter taps, stride, dilation, and zeros before and after."""

    size: int
    taps: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def reach(self) -> int:
        """Input positions that one output position spans."""
        return (self.taps - 1) * self.dilation + 1

    @property
    def outputs(self) -> int:
        """Positions of the output."""
        return (self.size + self.before + self.after - self.reach) // self.stride + 1

    @property
    def span(self) -> int:
        """Positions of the padded input that the outputs read."""
        return (self.outputs - 1) * self.stride + self.reach


def extended(axis: Axis) -> Axis:
    """The axis with a last window that the input fills in part, if one starts inside it (ceil_mode)."""
    longer = axis._replace(after=axis.after + axis.stride - 1)
    return longer if (longer.outputs - 1) * axis.stride < axis.size + axis.before else axis


class Phase(NamedTuple):
    """The inputs i = offset, offset + stride, ... of an axis, whose gradient is a convolution of stride 1.

    `axis` convolves the output gradient with the filter taps `last`, `last` - `step`, ..., down to the first.
    """

    offset: int
    axis: Axis
    last: int
    step: int


def phases(axis: Axis) -> list[Phase | None]:
    """The input gradient of a strided axis, one phase for each remainder of i modulo the stride.

    dx[i] = sum over r of w[r] dy[(i + before - r * dilation) / stride], over the taps r that divide evenly.
    In one phase these taps are r0, r0 + step, ...; a phase that no tap reaches is None (its gradient is
    zero).
    """
    shared = math.gcd(axis.stride, axis.dilation)
    step, dilation = axis.stride // shared, axis.dilation // shared
    outputs, found = axis.outputs, list[Phase | None]()
    for offset in range(min(axis.stride, axis.size)):
        reached = [
            r for r in range(axis.taps) if (offset + axis.before - r * axis.dilation) % axis.stride == 0
        ]
        if not reached:
            found.append(None)
            continue
        origin = (offset + axis.before - reached[0] * axis.dilation) // axis.stride
        count = (axis.size - offset + axis.stride - 1) // axis.stride
        before = (len(reached) - 1) * dilation - origin
        after = count - 1 + origin - (outputs - 1)
        found.append(
            Phase(offset, Axis(outputs, len(reached), 1, dilation, before, after), reached[-1], step)
        )
    return found


Pads = tuple[tuple[int, int], tuple[int, int]]


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width) of one value or a pair."""
    return (value, value) if isinstance(value, int) else value


def pads(value: int | tuple[int, int] | Pads) -> Pads:
    """((top, bottom), (left, right)) of any form of padding."""
    h, w = (value, value) if isinstance(value, int) else value
    return (h, h) if isinstance(h, int) else h, (w, w) if isinstance(w, int) else w


def axes(size, taps, stride, padding, dilation) -> tuple[Axis, Axis]:
    """The two axes of a convolution of an (..., H, W) input with an (..., kH, kW) filter."""
    (rows, columns), (kh, kw) = size[-2:], taps[-2:]
    (sh, sw), (dh, dw), (vertical, horizontal) = pair(stride), pair(dilation), pads(padding)
    return Axis(rows, kh, sh, dh, *vertical), Axis(columns, kw, sw, dw, *horizontal)
