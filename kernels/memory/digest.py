"""Whether arrays are what they were: a digest of their bytes.

Each word goes through h = rotated((h ^ word) * odd), in chains side by side. One step takes different words,
and different digests before it, to different digests; so a change is found but for chance, 1 in 2^64. What a
product moves up, the rotation brings down again: else two words that lose their signs would hide each other.
"""

import numpy as np

from ..engine.geometry import vector
from ..engine.jit import inline, kernel
from ..engine.operand import elements
from ..simd import cast, read, rotated, total
from .buffers import constant

CHUNK = 1 << 15
"""Bytes of one job."""
ODD = -7046029254386353131
"""2^64 divided by the golden ratio, odd, as a signed integer."""
LANES = 8
"""Words of a vector."""
SEEDS = constant(np.random.default_rng(0).integers(-(2**63), 2**63, 4 * LANES))
"""How the chains begin, each in another way."""
HALF = constant(np.empty(0, np.int32))
"""What the type of half a word is read from."""
WORK = 0.25
"""Work of one byte."""


def table_of(arrays: list[np.ndarray]) -> np.ndarray:
    """The chunks of C-contiguous arrays, which stay where they are: address and bytes of each."""
    rows = []
    for array in arrays:
        start = array.ctypes.data
        rows += [(start + at, min(CHUNK, array.nbytes - at)) for at in range(0, array.nbytes, CHUNK)]
    return np.array(rows, np.int64).reshape(-1, 2)


def digest(table: np.ndarray, digests: np.ndarray) -> None:
    """digests[i] = the digest of the chunk of row i of `table`."""
    work = WORK * float(table[:, 1].sum())
    _digest(len(table), work, vector(np.dtype(np.float32)), table, HALF, SEEDS, digests)


@inline
def _mixed(h, words):
    return rotated((h ^ words) * ODD, 31)


@kernel
def _digest(g, table, half, seeds, digests, first, last):
    """digests[i] = the digest of the table[i, 1] bytes that begin at table[i, 0], both multiples of four

    From words that are no four vectors on, halves are read, of the type of `half`. A job is one row of the
    table.
    """
    for job in range(first, last):
        at, size = table[job, 0], table[job, 1]
        words, halves = elements(at, 0, size // 8, digests), elements(at, 0, size // 4, half)
        whole = len(words) // (4 * LANES) * (4 * LANES)
        a, b = read(seeds, 0, LANES, LANES), read(seeds, LANES, LANES, LANES)
        c, d = read(seeds, 2 * LANES, LANES, LANES), read(seeds, 3 * LANES, LANES, LANES)
        for i in range(0, whole, 4 * LANES):
            a = _mixed(a, read(words, i, LANES, LANES))
            b = _mixed(b, read(words, i + LANES, LANES, LANES))
            c = _mixed(c, read(words, i + 2 * LANES, LANES, LANES))
            d = _mixed(d, read(words, i + 3 * LANES, LANES, LANES))
        for i in range(2 * whole, len(halves), LANES):
            a = _mixed(a, cast(read(halves, i, LANES, min(LANES, len(halves) - i)), np.int64))
        digests[job] = total(_mixed(_mixed(_mixed(a, b), c), d))
