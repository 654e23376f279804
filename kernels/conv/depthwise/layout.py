"""The geometry that all passes of a depthwise convolution share."""

import numpy as np

from ... import machine
from ...geometry import Geometry
from ...shape import Axis
from ...window import interior


def layout(
    height: Axis, width: Axis, channels: int, step: int, relu: bool, pixels: int, dtype: np.dtype
) -> Geometry:
    """Outputs lie `step` apart; a tile has the rows that cover the inner pixels best, at most `pixels`."""
    lanes = machine.lanes(dtype)
    vectors = -(-channels // lanes)
    q0, q1 = interior.py_func(width.size, *width[1:5], width.outputs)
    tiles = max(1, -(-(q1 - q0) // pixels))
    return Geometry(
        {"relu": int(relu)}, channels=1, blocks=1, panels=1, filters=channels, columns=vectors * lanes,
        channels_out=channels,
        taps_h=height.taps, taps_w=width.taps, stride_h=height.stride, stride_w=width.stride,
        dilation_h=height.dilation, dilation_w=width.dilation, step=step, lanes=lanes,
        rows=max(1, -(-(q1 - q0) // tiles)), vectors=min(vectors, 4),
    )  # fmt: skip
