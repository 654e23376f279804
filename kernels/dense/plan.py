"""A matrix product: its sizes, the plan of its computation, and the cut of its work into jobs.

A panel is a run of columns of c, as wide as a register tile. A job is one part of the rows by one part of the
panels.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..engine import machine
from ..engine.geometry import Geometry
from ..engine.jit import inline, share
from ..engine.machine import PORTS, power_of_two

BLOCK = 448
"""Most rows of a job: a block of them stays in the second-level cache, whatever its depth."""
STARTED = 90.0
"""Cycles to begin and store a tile."""
COPIED, TRANSPOSED = 0.25, 0.6
"""Cycles to copy an element, and to transpose one."""
CACHED = 32 * 1024
"""Bytes that stay in the first-level cache."""
ALIAS = 2048
"""Rows of a that are a multiple of so many bytes apart share few sets of the first-level cache."""
MOVED = 8.0
"""Work of an element of b that is read, or of one of c that is written."""


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
    def b_is_cached(self) -> bool:
        """Whether b stays in the first-level cache."""
        return self.k * self.n * self.dtype.itemsize <= CACHED

    @property
    def aliased(self) -> bool:
        """Whether rows along the sum share sets of the first-level cache."""
        return self.k * self.dtype.itemsize % ALIAS == 0

    @property
    def work(self) -> float:
        """Operations, plus the work of moving b and c."""
        return 2.0 * self.m * self.n * self.k + MOVED * (self.m + self.k) * self.n

    @property
    def sizes(self) -> dict[str, int]:
        """Sizes of the matrices, and the steps of a: a[i, l] is element i * a_row + l * a_column."""
        a_row, a_column = (self.k, 1) if self.by_rows else (1, self.m)
        return {"m": self.m, "n": self.n, "k": self.k, "a_row": a_row, "a_column": a_column}


class Plan(NamedTuple):
    """How a product is computed: the kernel, its geometry, the jobs and their work."""

    run: Callable[..., None]
    geometry: Geometry
    jobs: int
    work: float


def even(size: int, most: int, unit: int) -> int:
    """The block size, a multiple of `unit`, that cuts `size` into the fewest blocks of at most `most`."""
    return -(-size // (-(-size // most) * unit)) * unit


class Cut(NamedTuple):
    """Parts of the rows and of the panels, and the cycles that a term of the sums takes, by estimate."""

    cycles: float
    row_parts: int
    panel_parts: int


def cut(p: Product, rows: int, columns: int, copying: float, threads: int) -> Cut:
    """The parts with the shortest estimated time. No sum is cut.

    A tile is `rows` x `columns`. Each part of the rows copies all of b, in `copying` cycles an element; each
    part of the panels copies all of a.
    """

    def estimated(row_parts: int, panel_parts: int) -> Cut:
        height, width = -(-p.m // row_parts), -(-panels // panel_parts) * columns  # of a job, in c
        tiles = -(-height // rows) * width / columns
        sums = tiles * (rows * columns / (p.lanes * PORTS) + STARTED / max(p.k, 1))
        jobs = row_parts * panel_parts
        cycles = -(-jobs // min(jobs, threads)) * (sums + COPIED * height + copying * width)
        return Cut(cycles, row_parts, panel_parts)

    panels, least = -(-p.n // columns), -(-p.m // BLOCK)
    most = max(least, min(p.m // rows, least + 4 * threads))
    return min(
        estimated(r, q) for r in range(least, most + 1) for q in range(1, min(panels, 4 * threads) + 1)
    )


def heights(tallest: int) -> tuple[int, int]:
    """How many rows a tile may have: few numbers, for each is a machine code of its own.

    The last tile overlaps the one before it. So of 32 rows, the tallest tiles would compute 42.
    """
    return tallest, power_of_two(tallest)


@inline
def part_of(g, panels, job):
    """First and last (exclusive) row, and panel, of a job: one part of the rows by one of the panels."""
    row_part = job // g.panel_parts
    i0, i1 = share(g.m, g.row_parts, row_part)
    panel0, panel1 = share(panels, g.panel_parts, job - row_part * g.panel_parts)
    return i0, i1, panel0, panel1
