"""Which of the algorithms computes a convolution, if one of them does: by shape alone."""

import math
from functools import lru_cache

import numpy as np

from fastconv.geometry import Axis

from ...engine import machine
from ..plan import Convolution, Place, Plan
from . import forward, fused, fused_weight, weight
from .transform import tiles_of

FASTER = 0.8
"""Share of the direct algorithm's estimated time that must not be exceeded."""
START = 25_000
"""Cycles before the first and after the last of them."""
PACKING = 2.2
"""Cycles in which the direct algorithm packs a tap of one channel of one filter, or unpacks its sum."""


def wins(
    images: int, height: Axis, width: Axis, channels: int, filters: int, groups: int, dtype: np.dtype
) -> bool:
    """Whether one can compute this convolution, and is estimated to be faster than the direct algorithm."""
    return _faster(fused, images, height, width, channels, filters, groups, dtype)


def weight_wins(
    images: int, height: Axis, width: Axis, channels: int, filters: int, groups: int, dtype: np.dtype
) -> bool:
    """The same of the weight gradient."""
    return _faster(fused_weight, images, height, width, channels, filters, groups, dtype)


def plan(
    images: int, height: Axis, width: Axis, channels: int, filters: int, place: Place, relu: bool,
    dtype: np.dtype,
) -> Convolution:  # fmt: skip
    """Plan a convolution for which one of them `wins`."""
    few, many = _cycles(fused, images, height, width, channels, filters, dtype)
    return (fused if few < many else forward).plan(height, width, channels, filters, place, relu, dtype)


def weight_plan(images: int, height: Axis, width: Axis, channels: int, filters: int, dtype: np.dtype) -> Plan:
    """Plan the weight gradient of a convolution for which one of them `weight_wins`."""
    few, many = _cycles(fused_weight, images, height, width, channels, filters, dtype)
    if few < many:
        return fused_weight.plan(height, width, channels, filters, dtype)
    return weight.plan(images, height, width, channels, filters, dtype)


@lru_cache(maxsize=1024)
def _faster(algorithm, images, height, width, channels, filters, groups, dtype):
    """Whether the algorithm for few tiles, or the one for many, is faster than the direct one."""
    lanes = machine.lanes(dtype)
    strided = any(a.stride > 1 or a.dilation > 1 for a in (height, width))
    if strided or groups > 1 or channels % lanes or filters % lanes:
        return False
    pixels = images * height.outputs * width.outputs
    direct = channels * filters * height.taps * width.taps * (pixels / lanes / machine.PORTS + PACKING)
    return START + min(_cycles(algorithm, images, height, width, channels, filters, dtype)) < FASTER * direct


def _cycles(algorithm, images, height, width, channels, filters, dtype):
    """The estimated time of an algorithm for few tiles, and of the one for many.

    In memory lie the transformed filters of the latter, or the sums of its weight gradient: that costs alike.
    """
    tiles, taps = images * math.prod(tiles_of(height, width)), (height.taps, width.taps)
    return [a.cycles(tiles, taps, channels, filters, dtype) for a in (algorithm, forward)]
