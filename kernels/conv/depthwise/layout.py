"""What the passes of a depthwise convolution share: the geometry, and the way along a row of pixels."""

import numpy as np

from fastconv.geometry import Axis

from ...engine import machine
from ...engine.geometry import Geometry
from ...engine.jit import inline
from ...simd import spread
from ...window import at_edge, interior


def layout(
    height: Axis, width: Axis, channels: int, step: int, relu: bool, pixels: int, dtype: np.dtype,
    any_height: bool = False,
) -> Geometry:  # fmt: skip
    """Outputs lie `step` apart; a tile has the rows that cover the inner pixels best, at most `pixels`.

    With `any_height`, filters of other rows, strides and dilations down the image share the machine code.
    """
    lanes = machine.lanes(dtype)
    vectors = -(-channels // lanes)
    q0, q1 = interior.py_func(width.size, *width[1:5], width.outputs)
    tiles = max(1, -(-(q1 - q0) // pixels))
    down = {"taps_h": height.taps, "stride_h": height.stride, "dilation_h": height.dilation}
    sizes, literals = (down, {}) if any_height else ({}, down)
    return Geometry(
        sizes | {"relu": int(relu)}, **literals,
        channels=1, blocks=1, panels=1, filters=channels, columns=vectors * lanes, channels_out=channels,
        taps_w=width.taps, stride_w=width.stride, dilation_w=width.dilation, step=step, lanes=lanes,
        rows=max(1, -(-(q1 - q0) // tiles)), vectors=min(vectors, 4),
    )  # fmt: skip


@inline
def along_row(g, compute, rows, x, x_row, width, left, packed, bias, y, y_row, outputs_w, bypass):
    """Compute all tiles of a row of output pixels: inner ones as wide as they are, those at the edges alone.

    compute(g, start, rows, x, at, line, s0, s1, packed, c, y, to, count, bypass) is given the tile of the
    bias, the filter taps s0 to s1 of each row, and `rows`, whose meaning is its own.
    """
    line, step = width * g.channels_out, g.stride_w * g.channels_out
    q0, q1 = interior(width, g.taps_w, g.stride_w, g.dilation_w, left, outputs_w)
    first = x_row - left * g.channels_out
    for tile in range(q0, q1, g.rows):
        q = min(tile, q1 - g.rows)
        for c in range(0, g.columns, g.lanes):
            count = g.lanes if g.columns == g.channels_out else min(g.lanes, g.channels_out - c)
            start, at, to = spread(bias, c, g.rows, 1, g.lanes, count), first + q * step, y_row + q * g.step
            compute(g, start, rows, x, at + c, line, 0, g.taps_w, packed, c, y, to + c, count, bypass)
    for edge in range(outputs_w - (q1 - q0)):
        q, s0, s1 = at_edge(edge, q0, q1, width, g.taps_w, g.stride_w, g.dilation_w, left)
        for c in range(0, g.columns, g.lanes):
            count = g.lanes if g.columns == g.channels_out else min(g.lanes, g.channels_out - c)
            start, at, to = spread(bias, c, 1, 1, g.lanes, count), first + q * step, y_row + q * g.step
            compute(g, start, rows, x, at + c, line, s0, s1, packed, c, y, to + c, count, bypass)
