"""What this machine can do at most: multiply-adds on register tiles, and bytes of a large copy."""

import time
from collections.abc import Callable

import numpy as np
from numba.core.caching import NullCache

from fastconv.kernels.engine import jit, machine
from fastconv.kernels.engine.geometry import Geometry, vector
from fastconv.kernels.simd import copy, fma, load, store

DEPTH, REPEATS = 256, 200
"""Steps of one product of panels, which stay in the first-level cache, and how often a job repeats it."""
COPY = 1 << 28
"""Bytes of the copy: more than caches hold."""


def operations(seconds: float) -> tuple[float, float]:
    """Additions and multiplications a second, float32, on all threads; and the share of the CPU they got.

    A step of a tile counts 2 for each of its elements. The share is below 1 where other programs run.
    """
    tile = machine.tile(machine.TALLEST, 1 << 20, np.float32)
    width = tile.vectors * tile.lanes
    shape = Geometry(rows=tile.rows, vectors=tile.vectors, lanes=tile.lanes)
    jobs = 8 * jit.get_num_threads()
    a, b = (np.full(DEPTH * size, 1e-3, np.float32) for size in (tile.rows, width))
    c = np.zeros(jobs * tile.rows * width, np.float32)
    work = 2.0 * jobs * REPEATS * DEPTH * tile.rows * width
    _products(jobs, work, shape, a, b, c, 1, 1)  # compiles
    start, used = time.perf_counter(), time.process_time()
    best = _best(lambda: _products(jobs, work, shape, a, b, c, DEPTH, REPEATS), seconds)
    available = (time.perf_counter() - start) * jit.get_num_threads()
    return work / best, min(1.0, (time.process_time() - used) / available)


def copied_bytes(seconds: float) -> float:
    """Bytes a second, read and written, of a copy that all threads share."""
    source = np.ones(COPY // 4, np.float32)
    target = np.zeros_like(source)
    jobs, flat = jit.get_num_threads(), vector(source.dtype)
    part = source.size // jobs
    _copies(jobs, float(source.size), flat, target, source, 0)  # compiles
    return 2 * COPY / _best(lambda: _copies(jobs, float(source.size), flat, target, source, part), seconds)


def _best(call: Callable[[], None], seconds: float) -> float:
    """The fastest call in so many seconds: a peak is what the machine can do, not what it usually does."""
    end = time.perf_counter() + seconds
    best = float("inf")
    while time.perf_counter() < end or best == float("inf"):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


@jit.kernel
def _products(g, a, b, c, depth, repeats, first, last):  # type: ignore[no-untyped-def]
    """c[job] += repeats * a^T b, one register tile a job."""
    width = g.vectors * g.lanes
    for job in range(first, last):
        at = job * g.rows * width
        tile = load(c, at, width, g.rows, g.vectors, g.lanes, width)
        for _ in range(repeats):
            for k in range(depth):
                tile = fma(tile, a, k * g.rows, 1, b, k * width, width)
        store(tile, c, at, width, width)


@jit.kernel
def _copies(g, to, source, count, first, last):  # type: ignore[no-untyped-def]
    """One part of the copy a job."""
    for job in range(first, last):
        copy(to, job * count, source, job * count, count)


# Compiled afresh by each process: files on disk are named after the sources of the kernels alone.
for _kernel in (_products, _copies):
    _kernel.compiled._cache = NullCache()
