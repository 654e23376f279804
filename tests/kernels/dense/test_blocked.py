"""Products in blocks: every edge of a tile, sums of several blocks, jobs for any number of threads."""

import numpy as np
import pytest

from fastconv.kernels.dense import blocked
from fastconv.kernels.dense.plan import Product
from fastconv.kernels.engine import machine

FLOAT = np.dtype(np.float32)
WIDE = 2 * machine.lanes(FLOAT)
LAYOUTS = [(True, True), (False, False)]
"""Rows of b and of a that lie along the sum: as in a forward pass, and as in a weight gradient."""
SIZES = [
    # rows, columns, terms
    (machine.TALLEST, 2 * WIDE - 3, 5),
    (machine.TALLEST + 1, 2 * WIDE, 401),
    (500, 2 * WIDE - 1, 900),
]


def result(p, threads, draw):
    """The plan's product and NumPy's of numbers that `draw` makes."""
    rng = np.random.default_rng(0)
    a, b, bias = (draw(rng, shape).astype(FLOAT) for shape in ((p.m, p.k), (p.k, p.n), p.n))
    c = np.full((3, p.m, p.n), np.nan, FLOAT)
    run, g, jobs, _ = blocked.plan(p, threads)
    left = a if p.by_rows else np.ascontiguousarray(a.T)
    right = np.ascontiguousarray(b.T) if p.along else b
    run(jobs, 0.0, g, left, right, bias, c[1], False)
    assert np.isnan(c[0]).all() and np.isnan(c[2]).all()
    return c[1], a @ b + bias


def integers(rng, shape):
    return rng.integers(-4, 5, shape)


def normal(rng, shape):
    return rng.standard_normal(shape)


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_small_integers_are_exact(layout, sizes, threads):
    np.testing.assert_array_equal(*result(Product(*layout, *sizes, FLOAT), threads, integers))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_the_cut_into_jobs_changes_no_bit(layout):
    p = Product(*layout, *SIZES[-1], FLOAT)
    assert blocked.plan(p, 1).geometry.depth < p.k
    first, *others = (result(p, threads, normal)[0] for threads in (1, 2, 7))
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_rows_that_share_sets_of_the_cache_are_copied():
    copied = [blocked.plan(Product(True, True, 64, WIDE, k, FLOAT), 1).geometry.copied for k in (512, 520)]
    assert copied == [1, 0]
