"""The verbs of a tile over every number of columns, between guard zones, and the instructions they become."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.simd import fma, fma_rows, fma_runs, load, spread, store, zero

GUARD = 7.0


@njit
def product(g, a, b, c, depth, at, step, columns):
    acc = zero(c, g.rows, g.vectors, g.lanes)
    for k in range(depth):
        acc = fma(acc, a, k * g.rows, 1, b, k * step, columns)
    store(acc, c, at, step, columns)


@njit
def accumulate(g, bias, a, b, c, at, step, columns):
    acc = load(c, at, step, g.rows, g.vectors, g.lanes, columns)
    acc = fma(acc, a, 0, 1, b, 0, columns)
    acc = fma_rows(acc, c, at, step, b, 0, columns)
    store(acc, c, at, step, columns)
    store(spread(bias, 0, g.rows, g.vectors, g.lanes, columns), c, at + g.rows * step, step, columns)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rows", "vectors"), [(1, 1), (12, 2), (6, 4)])
def test_every_number_of_columns(rows, vectors, dtype):
    """The arrays end with the last column, off any vector's alignment; what lies around is untouched."""
    lanes = machine.lanes(dtype)
    g = Geometry(rows=rows, vectors=vectors, lanes=lanes)
    rng = np.random.default_rng(0)
    depth, at = 3, 5
    for columns in range(1, vectors * lanes + 1):
        step = columns + 2
        a = rng.integers(-4, 5, depth * rows).astype(dtype)
        b = rng.integers(-4, 5, 1 + (depth - 1) * step + columns).astype(dtype)[1:]
        bias = rng.integers(-4, 5, vectors * lanes).astype(dtype)
        c = np.full(at + 2 * rows * step + at, GUARD, dtype)
        expected = c.copy()
        grid = expected[at : at + 2 * rows * step].reshape(2 * rows, step)[:, :columns]
        wide = np.stack([b[k * step : k * step + columns] for k in range(depth)])
        grid[:rows] = a.reshape(depth, rows).T @ wide
        product(g, a, b, c, depth, at, step, columns)
        np.testing.assert_array_equal(c, expected)
        grid[:rows] += np.outer(a[:rows], wide[0]) + grid[:rows] * wide[0]
        grid[rows:] = bias[:columns]
        accumulate(g, bias, a, b, c, at, step, columns)
        np.testing.assert_array_equal(c, expected)


@njit
def runs(g, a, b, c, step):
    acc = fma_runs(zero(c, g.rows, 1, g.lanes), a, 1, step, b, 0, g.lanes, g.run)
    store(acc, c, 0, g.lanes, g.lanes)


@pytest.mark.parametrize(("rows", "run"), [(9, 3), (5, 5), (6, 1), (7, 3)])
def test_scalars_in_runs_of_neighbours(rows, run):
    lanes, step = machine.lanes(np.float32), 11
    a, b = np.arange(100, dtype=np.float32), np.arange(lanes, dtype=np.float32)
    c = np.zeros((rows, lanes), np.float32)
    runs(Geometry(rows=rows, lanes=lanes, run=run), a, b, c, step)
    np.testing.assert_array_equal(c, np.outer([a[1 + i // run * step + i % run] for i in range(rows)], b))


def test_the_inner_loop_is_fused_multiply_adds_in_registers():
    """One instruction an accumulator of the widest registers, and none that spills one."""
    vectors = machine.vectors()
    if not vectors.fused or vectors.name == "NEON":
        pytest.skip("reads x86 assembly with fused multiply-add")
    tile = machine.tile(1000, 32, np.float32)
    g = Geometry(rows=tile.rows, vectors=tile.vectors, lanes=tile.lanes, columns=tile.vectors * tile.lanes)

    @njit
    def panel(g, a, b, c, depth):
        acc = zero(c, g.rows, g.vectors, g.lanes)
        for k in range(depth):
            acc = fma(acc, a, k * g.rows, 1, b, k * g.columns, g.columns)
        store(acc, c, 0, g.columns, g.columns)

    a, b = np.ones(4 * g.rows, np.float32), np.ones(4 * g.columns, np.float32)
    panel(g, a, b, np.zeros(g.rows * g.columns, np.float32), 4)
    function, _, _ = panel.inspect_asm(panel.signatures[0]).partition(".Lfunc_end0:")  # not what wraps it
    lines = function.splitlines()
    register = "zmm" if vectors.bytes == 64 else "ymm"
    fused = [line for line in lines if "vfmadd" in line and register in line]
    assert fused and len(fused) % (g.rows * g.vectors) == 0
    spills = [line for line in lines if register in line and ("(%rsp" in line or "(%rbp" in line)]
    assert spills == []
