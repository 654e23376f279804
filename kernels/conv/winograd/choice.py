"""Whether one of the algorithms pays for a convolution, by estimates from its shape alone."""

import math
from functools import lru_cache

from ...engine import machine
from ..problem import Problem
from . import forward, fused, fused_weight
from .transform import tiles_of

FASTER = 0.8
"""Share of the direct algorithm's estimated time that must not be exceeded."""
START = 2_000, 8_000
"""Cycles before the first and after the last of them: for few tiles, and for many."""
PACKING = 1.2
"""Cycles in which the direct algorithm packs a tap of one channel of one filter, or unpacks its sum."""


def wins(p: Problem) -> bool:
    """Whether one of them can compute this convolution, and is estimated to be faster than the direct one."""
    return p.whole and _faster(p, fused)


def fused_wins(p: Problem) -> bool:
    """Whether it is the one for few tiles, which transforms the filters where they are used."""
    return wins(p) and _fused_is_faster(p, fused)


def weight_wins(p: Problem) -> bool:
    """Whether one of them can compute the weight gradient, and is estimated to be faster."""
    return _faster(p, fused_weight)


def fused_weight_wins(p: Problem) -> bool:
    """Whether it is the one for few tiles, which transforms the sums where they are made."""
    return weight_wins(p) and _fused_is_faster(p, fused_weight)


@lru_cache(maxsize=1024)
def _faster(p: Problem, algorithm) -> bool:
    """Whether the algorithm for few tiles, or the one for many, is faster than the direct one."""
    lanes = machine.lanes(p.dtype)
    strided = any(a.stride > 1 or a.dilation > 1 for a in (p.height, p.width))
    if not p.winograd or strided or p.groups > 1 or p.channels % lanes or p.filters % lanes:
        return False
    elements = p.channels * p.filters * p.height.taps * p.width.taps
    direct = elements * (p.images * p.pixels / lanes / machine.PORTS + PACKING)
    return min(_cycles(p, algorithm)) < FASTER * direct


def _fused_is_faster(p: Problem, algorithm) -> bool:
    few, many = _cycles(p, algorithm)
    return few < many


def _cycles(p: Problem, algorithm) -> tuple[float, float]:
    """The estimated time of an algorithm for few tiles, and of the one for many.

    The latter writes the transformed filters to memory and reads them again; its weight gradient does the
    same with the sums, which takes as long: one estimate serves both.
    """
    tiles, taps = p.images * math.prod(tiles_of(p.height, p.width)), (p.height.taps, p.width.taps)
    few, many = (a.cycles(tiles, taps, p.channels, p.filters, p.dtype) for a in (algorithm, forward))
    return START[0] + few, START[1] + many
