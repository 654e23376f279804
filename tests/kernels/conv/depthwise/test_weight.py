"""The depthwise weight gradient: a fixed number of parts, of few rows of pixels and of many."""

import numpy as np
import pytest

from fastconv import reference
from fastconv.kernels.conv.depthwise.weight import PARTS, plan
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.engine import jit, machine
from tests.kernels.conv.cases import channels_last, integers, normal

CHANNELS = 5 * machine.lanes(np.float32) + 3
"""More vectors than one tile has, and the last not full."""


def gradient(x, dy):
    p = problem(x.shape, (CHANNELS, 1, 2, 3), (2, 1), (0, 1), 1, CHANNELS, np.float32, False)
    flat = (channels_last(a).transpose(0, 2, 3, 1).ravel() for a in (x, dy))
    return plan(p.any_batch).run(*flat, len(x))


def arrays(draw, images, rows):
    rng = np.random.default_rng(0)
    x = draw(rng, (images, CHANNELS, 2 * rows, 9), np.float32)
    return x, draw(rng, (images, CHANNELS, rows, 9), np.float32)


@pytest.mark.parametrize(("images", "rows"), [(1, 1), (2, 3), (3, PARTS)])
def test_rows_of_pixels_are_dealt_to_parts(images, rows):
    """One row, fewer rows than parts, and more."""
    x, dy = arrays(integers, images, rows)
    exact = reference.conv2d_weight(x, (CHANNELS, 1, 2, 3), dy, (2, 1), (0, 1), 1, CHANNELS)
    np.testing.assert_array_equal(gradient(x, dy), exact)


def test_threads_change_no_bit(monkeypatch):
    x, dy = arrays(normal, 8, 20)
    results = []
    for threads in (1, jit.get_num_threads()):
        monkeypatch.setattr(jit, "_threads", threads)
        results.append(gradient(x, dy))
    np.testing.assert_array_equal(*results)
