"""Depthwise convolution: each channel has one filter of its own, and the lanes run over the channels.

    y[n, p, q, c] = bias[c] + sum over r, s of x[n, p * stride + r * dilation - top, ..., c] * w[r, s, c]

Nothing is padded: what lies outside of the image is left out of the sum, and pixels whose window leaves it at
the left or right are computed one by one.
"""

from functools import lru_cache

import numpy as np

from fastconv.geometry import Axis

from ..plan import Packed, Place
from . import rows, strips
from .weight import weight_plan

__all__ = ["fits", "plan", "weight_plan"]


def fits(channels: int, filters: int, groups: int) -> bool:
    """Whether a convolution of `channels` to `filters`, both of one group, is depthwise."""
    return groups > 1 and channels == filters == 1


@lru_cache(maxsize=1024)
def plan(height: Axis, width: Axis, channels: int, place: Place, relu: bool, dtype: np.dtype) -> Packed:
    """Plan a depthwise convolution of so many channels."""
    way = strips if strips.fits(height, width, channels, dtype) else rows
    return way.plan(height, width, channels, place, relu, dtype)
