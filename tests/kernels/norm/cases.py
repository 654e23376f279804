"""Sheets with every kind of edge, which the tests of the kernels share."""

import numpy as np

SHAPES = [
    ((2, 3, 5, 7), 3),  # several pixels in a row, the last row shorter
    ((3, 37, 3, 2), 1),
    ((2, 40, 4, 4), 8),
    ((5, 6), 2),
    ((1, 4, 9), 4),
    ((2, 16, 2, 3, 4), 2),
    ((1, 4101, 1, 2), 3),  # rows whose last vector is never full
    ((9, 64, 24, 16), 4),  # sums cut into parts
]
"""Shapes, each with a number of groups."""


def drawn(shape, dtype=np.float64, mean=0.0, seed=0):
    return (np.random.default_rng(seed).normal(size=shape) + mean).astype(dtype)


def channels_last(x):
    order = (0, *range(2, x.ndim), 1)
    return np.ascontiguousarray(x.transpose(order)).transpose(0, x.ndim - 1, *range(1, x.ndim - 1))
