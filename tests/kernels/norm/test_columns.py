"""The sums of a sheet: what a job writes, and what it leaves alone. Results are tested with `channels`."""

import numpy as np

from fastconv.kernels.norm import columns
from fastconv.kernels.norm.sheet import sheet

GUARD = 16


def test_sums_of_parts_and_nothing_beside_them():
    x = np.random.default_rng(0).integers(-4, 5, (2, 700, 40)).astype(np.float32)
    g = sheet(x.dtype, 2, 700 * 40, 40, 40)
    center = np.ones(2 * g.period, np.float32)
    sums = np.full(2 * g.parts * 2 * g.period + GUARD, 7.0)
    columns._sums(2 * g.parts, 1.0, g, x.ravel(), x.ravel(), x.ravel(), center, g.period, sums)
    assert np.all(sums[-GUARD:] == 7)
    found = sums[:-GUARD].reshape(2, g.parts, 2, g.folds, 40).sum(axis=(1, 3))
    np.testing.assert_array_equal(found[:, 0], (x - 1.0).sum(axis=1))
    np.testing.assert_array_equal(found[:, 1], ((x - 1.0) ** 2).sum(axis=1))


def test_a_job_writes_its_part_alone():
    x = np.ones((1, 5000, 40), np.float32)
    g = sheet(x.dtype, 1, 5000 * 40, 40, 40)
    assert g.parts > 2
    lines, y = np.zeros(3 * g.period, np.float32), np.full(x.size, 7, np.float32)
    lines[g.period : 2 * g.period] = 2
    columns._affine(1, 1.0, g, x.ravel(), lines, y, -np.inf, False)
    part = g.rows * g.period
    assert np.all(y[:part] == 2) and np.all(y[part:] == 7)
