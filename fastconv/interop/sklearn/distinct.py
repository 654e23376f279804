"""Samples as a set: each once, with its weight, in an order that depends on nothing but what they are."""

from hashlib import blake2b

import numpy as np

from fastconv.types import Array

DIGEST = 16
"""Bytes of a sample's digest: no two samples in practice have the same."""


def distinct(x: Array, y: Array, weight: Array) -> tuple[Array, Array, Array]:
    """The samples (x, y) that differ and have a weight above 0, each with the sum of its weights.

    Their order is that of their digests. So it makes no difference in which order samples come, whether one
    is repeated or has a weight of 2, and whether one has a weight of 0 or is left out. x and y are (N, ...),
    the weights float64 (N,).
    """
    counted = np.flatnonzero(weight)
    digests = (blake2b(x[i].tobytes() + y[i].tobytes(), digest_size=DIGEST).digest() for i in counted)
    keys = np.array([*digests], f"V{DIGEST}")
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    at = counted[first]
    return x[at], y[at], np.bincount(places, weight[counted], len(at))
