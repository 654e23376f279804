"""How normalisation sees its input, and how it cuts the work."""

import math
from functools import lru_cache

import numpy as np

from ..engine.geometry import Geometry
from ..engine.machine import lanes

GROUP = 8
"""Rows that are read side by side."""
NARROW = 8
"""Vectors of the shortest row: below, several rows of channels lie side by side in one."""
WIDE = 4096
"""Elements of the longest row that is made of several so that its vectors are full."""
PART = 1 << 17
"""Bytes of the input that one job reads, if there are enough of them."""
PARTS = 64
"""Most parts that the sums of a block are cut into; they are added in order."""


@lru_cache(maxsize=1024)
def sheet(
    dtype: np.dtype, blocks: int, size: int, channels: int, groups: int, gradient: int = 0, masked: int = 0
) -> Geometry:
    """The geometry of `blocks` of `size` elements, each with statistics of its own for `groups` of channels.

    A block lies in memory as rows of `period` elements, the last one maybe shorter: `folds` pixels with all
    their channels, so many that vectors are full. It is cut into `parts` of `rows` rows, by shapes alone.
    `gradient` and `masked` say what a sum is of (`columns._sums`).
    """
    lane = lanes(dtype)
    folds = lane // math.gcd(lane, channels)
    if folds * channels > WIDE:
        folds = 1
    folds *= max(1, NARROW * lane // (folds * channels))
    period = folds * channels
    count = -(-size // period)
    parts = min(max(1, size * dtype.itemsize // PART), PARTS)
    rows = -(-count // (parts * GROUP)) * GROUP
    sizes = {
        "blocks": blocks,
        "size": size,
        "channels": channels,
        "groups": groups,
        "members": channels // groups,
        "folds": folds,
        "period": period,
        "rows": rows,
        "parts": -(-count // rows),
    }
    return Geometry(sizes, lanes=lane, gradient=gradient, masked=masked)
