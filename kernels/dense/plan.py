"""A matrix product, how it is computed, and how its work is cut into jobs."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import inline, share
from ..engine.machine import PORTS

BLOCK = 448
"""Most rows of a part: a block of theirs stays in the second-level cache, whatever its depth."""
COPIED, TRANSPOSED = 0.25, 0.6
"""Cycles in which an element is copied, and in which one is transposed."""
NEAR = 32 * 1024
"""Bytes that stay in the first-level cache."""
ALIAS = 2048
"""Rows of a that lie a multiple of so many bytes apart share a few sets of the first-level cache: copied."""
MOVED = 8.0
"""Work of reading an element of b, or of writing one of c."""


class Product(NamedTuple):
    """An (m, n) product of k terms; `along`: the rows of b lie along the sum, `by_rows`: those of a."""

    along: bool
    by_rows: bool
    m: int
    n: int
    k: int
    dtype: np.dtype

    @property
    def lanes(self) -> int:
        """Elements of a vector."""
        return machine.lanes(self.dtype)

    @property
    def near(self) -> bool:
        """Whether b stays in the first-level cache."""
        return self.k * self.n * self.dtype.itemsize <= NEAR

    @property
    def aliased(self) -> bool:
        """Whether rows along the sum share sets of the first-level cache."""
        return self.k * self.dtype.itemsize % ALIAS == 0

    @property
    def work(self) -> float:
        """Operations, and as many as moving b and c is worth."""
        return 2.0 * self.m * self.n * self.k + MOVED * (self.m + self.k) * self.n

    @property
    def sizes(self) -> dict[str, int]:
        """Sizes of the matrices, and how far apart the elements of a lie."""
        a_row, a_column = (self.k, 1) if self.by_rows else (1, self.m)
        return {"m": self.m, "n": self.n, "k": self.k, "a_row": a_row, "a_column": a_column}


class Plan(NamedTuple):
    """How a product is computed: the kernel, its geometry, the jobs and their work."""

    run: Callable[..., None]
    geometry: Geometry
    jobs: int
    work: float


def even(size: int, most: int, unit: int) -> int:
    """The size of a block, a multiple of `unit`, that cuts `size` into the fewest even blocks of `most`."""
    return -(-size // (-(-size // most) * unit)) * unit


def cut(p: Product, rows: int, columns: int, copying: float, threads: int) -> tuple[int, int]:
    """Parts of the rows and of the panels, of the shortest estimated time. No sum is cut.

    A tile is `rows` x `columns`. Each part of the rows reads all of b, an element in `copying` cycles; each
    part of the panels copies all of a.
    """

    def cycles(parts: tuple[int, int]) -> float:
        row_parts, panel_parts = parts
        own_rows, own = -(-p.m // row_parts), -(-panels // panel_parts) * columns
        sums = -(-own_rows // rows) * rows * own / (p.lanes * PORTS)
        jobs = row_parts * panel_parts
        return -(-jobs // min(jobs, threads)) * (sums + COPIED * own_rows + copying * own)

    panels, least = -(-p.n // columns), -(-p.m // BLOCK)
    most = max(least, min(p.m // rows, least + 4 * threads))
    choices = [(r, q) for r in range(least, most + 1) for q in range(1, min(panels, 4 * threads) + 1)]
    return min(choices, key=lambda parts: (cycles(parts), parts))


@inline
def part_of(g, panels, job):
    """First and last (exclusive) row, and panel, of a job: one part of the rows by one of the panels."""
    part = job // g.panel_parts
    i0, i1 = share(g.m, g.row_parts, part)
    panel0, panel1 = share(panels, g.panel_parts, job - part * g.panel_parts)
    return i0, i1, panel0, panel1
