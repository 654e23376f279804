"""How a product is cut: even blocks, and jobs that cover every row and every panel once."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.dense import blocked, dots, layer, rows
from fastconv.kernels.dense.plan import BLOCK, COPIED, Product, cut, even, part_of
from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.engine.machine import power_of_two

FLOAT = np.dtype(np.float32)


@njit
def bounds(g, panels, job):
    return part_of(g, panels, job)


@pytest.mark.parametrize(("size", "most", "unit"), [(1, 8, 8), (100, 64, 16), (512, 512, 16), (513, 512, 16)])
def test_blocks_are_even(size, most, unit):
    block = even(size, most, unit)
    assert block % unit == 0
    assert block <= max(most, unit)
    assert -(-size // block) == -(-size // most)  # as few as there can be
    assert block - unit < -(-size // -(-size // most))  # and none larger than it must be


@pytest.mark.parametrize("threads", [1, 2, 8])
@pytest.mark.parametrize(("m", "n"), [(14, 32), (100, 33), (2000, 10), (3, 700)])
def test_jobs_cover_all_rows_and_panels_once(m, n, threads):
    p, columns = Product(False, True, m, n, 64, FLOAT), 32
    panels = -(-n // columns)
    _, row_parts, panel_parts = cut(p, 2, columns, COPIED, threads)
    assert -(-m // row_parts) <= BLOCK
    g = Geometry({"m": m, "row_parts": row_parts, "panel_parts": panel_parts})
    covered = np.zeros((m, panels), int)
    for job in range(row_parts * panel_parts):
        i0, i1, panel0, panel1 = bounds(g, panels, job)
        covered[i0:i1, panel0:panel1] += 1
    assert (covered == 1).all()


def test_tiles_of_the_height_that_fits_the_rows():
    tallest = machine.tile(None, 640, FLOAT).rows
    low = power_of_two(tallest)
    for way, along in ((blocked, True), (rows, False)):
        few, many = (way.plan(Product(along, False, m, 640, 64, FLOAT), 1).geometry for m in (4 * low, 420))
        assert few.rows == low
        assert many.rows == tallest


@pytest.mark.parametrize(
    ("along", "by_rows", "m", "n", "k", "way"),
    [
        (True, True, 1, 700, 1024, dots),
        (True, True, 64, 120, 400, dots),
        (True, True, 512, 1024, 1024, blocked),
        (False, True, 8, 400, 120, rows),
        (False, False, 10, 84, 64, rows),
        (False, False, 500, 500, 256, blocked),
    ],
)
def test_sizes_alone_choose_the_way(along, by_rows, m, n, k, way):
    p = Product(along, by_rows, m, n, k, FLOAT)
    plans = [layer._plan.__wrapped__(along, by_rows, m, n, k, FLOAT, threads) for threads in (1, 2, 8)]
    expected = way.plan(p, 1).run
    assert {plan.run for plan in plans} == {expected}
