"""Whether arrays are what they were: a digest of their bytes.

Each word goes through h = (h ^ word) * odd, in chains side by side. One step takes different words, and
different digests before it, to different digests; so a change is found but for chance, 1 in 2^64.
"""

import numpy as np

from ..engine.geometry import vector
from ..engine.jit import inline, kernel
from ..engine.words import half, word

CHUNK = 1 << 15
"""Bytes of one job."""
ODD = -7046029254386353131
"""2^64 divided by the golden ratio, odd, as a signed integer."""
WORK = 0.5
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
    _digest(len(table), WORK * float(table[:, 1].sum()), vector(np.dtype(np.float32)), table, digests)


@inline
def _mixed(h, value):
    return (h ^ value) * ODD


@kernel
def _digest(g, table, digests, first, last):
    """digests[i] = the digest of the table[i, 1] bytes that begin at table[i, 0], a multiple of four

    A job is one row of the table.
    """
    for job in range(first, last):
        at, size = table[job, 0], table[job, 1]
        whole = size // 64 * 64
        a, b, c, d, e, f, u, v = 1, 2, 3, 4, 5, 6, 7, 8
        for i in range(at, at + whole, 64):
            a, b = _mixed(a, word(i)), _mixed(b, word(i + 8))
            c, d = _mixed(c, word(i + 16)), _mixed(d, word(i + 24))
            e, f = _mixed(e, word(i + 32)), _mixed(f, word(i + 40))
            u, v = _mixed(u, word(i + 48)), _mixed(v, word(i + 56))
        for i in range(at + whole, at + size, 4):
            a = _mixed(a, half(i))
        h = _mixed(_mixed(_mixed(_mixed(a, b), c), d), e)
        digests[job] = _mixed(_mixed(_mixed(h, f), u), v)
