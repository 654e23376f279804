"""Stages in place, on a part of the memory: what lies around is untouched."""

import numpy as np
import pytest

from fastconv import reference
from fastconv.kernels.chain.finish import finish
from fastconv.kernels.chain.lines import lines_of, rows_of
from fastconv.kernels.chain.stages import literals, read_stages
from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.engine.jit import kernel

LANES = machine.lanes(np.float32)
GUARD = 7.0


@kernel
def _finish(g, y, lines, other, k, at, pixels, columns, first, last):
    for _ in range(first, last):
        finish(g, y, lines, k, other, at, pixels, columns)


def finished(folded, channels, k, columns, pixels):
    """Pixels before and after, with the integers of each stage between guards."""
    rng = np.random.default_rng(0)
    slopes = rng.integers(-3, 4, channels).astype(np.float32)
    shape = (1, channels, 1, pixels)
    whole = rng.integers(-3, 4, (1, 1, pixels, channels)).astype(np.float32).transpose(0, 3, 1, 2)
    stages = ("prelu", slopes), ("add", whole), ("relu",)
    found = read_stages(stages, shape)
    forms, dtype = tuple(form for form, _ in found), np.dtype(np.float32)
    sizes = {"period": rows_of(channels, dtype).period, "y_pixel": channels}
    g = Geometry(sizes, lanes=LANES, folded=folded, **literals(forms, LANES, 0))
    x = rng.integers(-3, 4, shape).astype(np.float32)
    y = np.full(LANES + pixels * channels + LANES, GUARD, np.float32)
    y[LANES:-LANES] = x.transpose(0, 2, 3, 1).ravel()
    other = np.zeros_like(y)
    other[LANES:-LANES] = whole.transpose(0, 2, 3, 1).ravel()
    lines = lines_of(found, channels, dtype, None)
    _finish(1, 0, g, y, lines, other, k, LANES + k, pixels, columns)
    assert (y[:LANES] == GUARD).all() and (y[-LANES:] == GUARD).all()
    expected = x.copy()
    expected[:, k : k + columns] = reference.chain(x, stages)[:, k : k + columns]
    np.testing.assert_array_equal(
        y[LANES:-LANES].reshape(1, 1, pixels, channels).transpose(0, 3, 1, 2), expected
    )


@pytest.mark.parametrize("columns", [1, LANES - 1, LANES, LANES + 1, 2 * LANES])
@pytest.mark.parametrize("k", [0, LANES])
def test_some_filters_of_each_pixel(k, columns):
    finished(0, k + columns + 3, k, columns, 5)


@pytest.mark.parametrize("channels", [1, 3, LANES - 1, LANES + 1])
@pytest.mark.parametrize("pixels", [1, 7, 200])
def test_all_filters_of_many_pixels(channels, pixels):
    finished(1, channels, 0, channels, pixels)
