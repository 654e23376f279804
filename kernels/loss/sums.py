"""Losses are summed in float64, in an order that depends on shapes alone, and rounded once."""

import math
from functools import lru_cache

import numpy as np

from ..engine.geometry import Geometry, vector
from ..engine.jit import inline, kernel
from ..engine.machine import lanes
from ..memory.buffers import CHUNK, constant, empty, scalar
from ..simd import cast, full, read

ROWS = 64
"""Samples of a chunk: their losses are summed one after another, then the chunks' sums in order."""
DOUBLE, INT = np.dtype(np.float64), np.dtype(np.int64)
NO_SUMS = np.empty((0, 2))
"""What a kernel gets that does not sum."""


@lru_cache(maxsize=16)
def geometry(reduced, dtype):
    """The geometry of elementwise losses, in vectors of float64; `reduced`: the kernel sums them."""
    return Geometry(lanes=lanes(np.float64), reduced=int(reduced))


@lru_cache(maxsize=64)
def defaults(classes, dtype):
    """What a kernel reads where these are not given: weights of one, probabilities without elements."""
    return constant(np.ones(classes, dtype)), np.empty((0, 0), dtype)


def chunks(array):
    """The number of jobs of a loss that is summed element by element."""
    return -(-array.size // CHUNK)


def results(input, reduction):
    """Elementwise losses, or of each chunk their sum and their number."""
    if reduction == "none":
        return empty(input.shape, input.dtype), NO_SUMS
    return np.empty(0, input.dtype), empty((chunks(input), 2), DOUBLE)


def reduced(sums, reduction, dtype):
    """The loss as a NumPy scalar, from each chunk's sum of losses and its share of the mean's divisor."""
    result = empty((1,), dtype)
    _reduce(1, 8.0 * sums.size, vector(dtype), sums, reduction == "mean", result)
    return scalar(result)


@kernel
def _reduce(g, sums, mean, result, first, last):
    """result[0] = sum of sums[:, 0], divided by the sum of sums[:, 1] if `mean`; NaN where that is 0

    sums (chunks, 2) float64, result (1,). One job.
    """
    loss, divisor = 0.0, 0.0
    for chunk in range(sums.shape[0]):
        loss += sums[chunk, 0]
        divisor += sums[chunk, 1]
    if mean:
        loss = loss / divisor if divisor != 0 else math.nan
    result[0] = loss


def rounded(losses, dtype):
    """Losses of samples in their type."""
    with np.errstate(over="ignore"):  # a loss too large for the type is inf
        return losses.astype(dtype, copy=False)


@inline
def wide(g, x, i, count):
    """Elements of x from i in float64; an array of one element serves all."""
    if x.size == 1:
        return full(np.float64(x[0]), g.lanes)
    return cast(read(x, i, g.lanes, count), np.float64)
