"""Products of rows with rows: every edge of a tile, sums of several blocks, and where they pay."""

import numpy as np
import pytest

from fastconv.kernels.dense import dots
from fastconv.kernels.dense.plan import Product
from fastconv.kernels.engine import machine

FLOAT = np.dtype(np.float32)
LANES = machine.lanes(FLOAT)
SIZES = [
    # rows, columns, terms
    (4, 9, LANES - 1),
    (7, 33, 6 * LANES),
    (dots.SHARING + 9, 41, 2 * dots.DEPTH + LANES + 1),
]


def product(m, n, k):
    return Product(True, True, m, n, k, FLOAT)


def result(p, threads, draw):
    """The plan's product and NumPy's of numbers that `draw` makes."""
    rng = np.random.default_rng(0)
    a, b, bias = (draw(rng, shape).astype(FLOAT) for shape in ((p.m, p.k), (p.n, p.k), p.n))
    c = np.full((3, p.m, p.n), np.nan, FLOAT)
    run, g, jobs, _ = dots.plan(p, threads)
    run(jobs, 0.0, g, a, b, bias, c[1], False)
    assert np.isnan(c[0]).all() and np.isnan(c[2]).all()
    return c[1], a @ b.T + bias


@pytest.mark.parametrize("threads", [1, 2, 7])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_small_integers_are_exact(sizes, threads):
    computed = result(product(*sizes), threads, lambda rng, shape: rng.integers(-4, 5, shape))
    np.testing.assert_array_equal(*computed)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_the_cut_into_jobs_changes_no_bit(sizes):
    first, *others = (
        result(product(*sizes), threads, lambda rng, shape: rng.standard_normal(shape))[0]
        for threads in (1, 2, 7)
    )
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_long_sums_of_many_rows_are_cut_and_their_rows_copied():
    few, many = (dots.plan(product(*sizes), 1).geometry for sizes in SIZES[1:])
    assert (few.depth, few.copied) == (SIZES[1][2], 0)
    assert many.depth <= dots.DEPTH and many.depth % LANES == 0
    assert many.copied == 1


def test_they_need_rows_along_the_sum():
    assert dots.fits(product(1, 700, 1024))
    for along, by_rows in ((True, False), (False, True), (False, False)):
        assert not dots.fits(Product(along, by_rows, 1, 700, 1024, FLOAT))


def test_fewer_rows_than_a_tile_has_fit_whatever_the_estimate():
    for m in (1, machine.TALLEST - 1):
        assert dots.fits(product(m, 3 * LANES, 2))
    assert not dots.fits(product(512, 1024, 1024))
