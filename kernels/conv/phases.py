"""The input gradient of a strided convolution, as one convolution of stride 1 for each remainder."""

import math
from typing import NamedTuple

from fastconv.geometry import Axis


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
