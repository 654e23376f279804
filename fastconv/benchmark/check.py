"""Do two systems agree? A result as a few numbers that fit through a pipe."""

import math
from typing import Any

import numpy as np

from fastconv.types import Array

TOLERANCE = 1e-3
"""Largest difference relative to the root mean square of the result.

Far above rounding, far below what a wrong tap, edge or index does: this finds wrong results, while `fastconv
verify` holds every kernel to the bound of its rounding errors.
"""
POINTS = 64
"""Samples, and sums over blocks, of each array."""


def fingerprint(arrays: list[Array]) -> list[dict[str, Any]]:
    """Shape, root mean square, evenly spread samples and sums of blocks of each array, as plain numbers."""
    prints = []
    for array in arrays:
        values = np.ascontiguousarray(array, np.float64).reshape(-1)
        starts = _starts(values.size)
        samples = values[[*starts, values.size - 1]]
        prints.append(
            {
                "shape": list(array.shape),
                "exact": array.dtype.kind != "f",
                "rms": math.sqrt(float(np.mean(np.square(values)))),
                "samples": samples.tolist(),
                "sums": np.add.reduceat(values, starts).tolist(),
            }
        )
    return prints


def difference(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> str:
    """What the first difference between two fingerprints is; empty where they agree."""
    if len(ours) != len(theirs):
        return f"{len(ours)} arrays, not {len(theirs)}"
    for a, b in zip(ours, theirs, strict=True):
        if a["shape"] != b["shape"]:
            return f"shape {tuple(a['shape'])}, not {tuple(b['shape'])}"
        scale = 0.0 if a["exact"] else TOLERANCE * min(a["rms"], b["rms"])
        block = math.sqrt(math.ceil(math.prod(a["shape"]) / POINTS))
        for what, tolerance in (("samples", scale), ("sums", scale * block)):
            for mine, other in zip(a[what], b[what], strict=True):
                if not abs(mine - other) <= tolerance:  # this way round, NaN is a difference
                    name = "a value" if what == "samples" else "the sum of a block"
                    return f"{name} is {mine:.6g}, not {other:.6g}"
    return ""


def _starts(size: int) -> list[int]:
    """Where the blocks begin."""
    blocks = min(POINTS, size)
    return [number * size // blocks for number in range(blocks)]
