"""The weight gradient of many tiles: its parts depend on shapes alone, and every panel is in one split."""

import numpy as np
import pytest

from fastconv import reference
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.conv.winograd import weight
from fastconv.kernels.engine import machine
from fastconv.verification import neighbours
from tests.kernels.conv.cases import channels_last, normal

CHANNELS = machine.lanes(np.float32)
FILTERS = 3 * CHANNELS
IMAGES, SIDE = 40, 16
TILES = 16
"""Of one image."""
THREADS = [1, 2, 5, 100]


def planned(filters=FILTERS, taps=(3, 3)):
    shape, padding = (IMAGES, CHANNELS, SIDE, SIDE), ((0, taps[0] - 1), (1, taps[1] - 2))
    p = problem(shape, (filters, CHANNELS, *taps), 1, padding, 1, 1, np.float32, True)
    return weight.plan(p.any_batch)


@pytest.fixture
def gradient(monkeypatch):
    """What a plan makes with the jobs for so many threads."""

    def run(plan, x, dy, images, threads=1):
        monkeypatch.setattr(weight, "get_num_threads", lambda: threads)
        return plan.run(x, dy, images)

    return run


@pytest.fixture
def cuts(monkeypatch):
    """Jobs, parts and splits of each sum, none of which is computed."""
    noted = []
    monkeypatch.setattr(weight, "_sum", lambda jobs, *rest: noted.append((jobs, *rest[-2:])))
    monkeypatch.setattr(weight, "_finish", lambda *_: None)
    return noted


def arrays():
    rng = np.random.default_rng(0)
    shapes = (IMAGES, CHANNELS, SIDE, SIDE), (IMAGES, FILTERS, SIDE, SIDE)
    return [channels_last(normal(rng, shape, np.float32)) for shape in shapes]


def flat(array):
    return array.transpose(0, 2, 3, 1).ravel()


def test_threads_change_no_bit_and_the_sum_is_within_the_bound(gradient):
    x, dy = arrays()
    first, *others = (gradient(planned(), flat(x), flat(dy), IMAGES, threads) for threads in THREADS)
    for other in others:
        np.testing.assert_array_equal(other, first)
    x, dy, size = x.astype(float), dy.astype(float), (FILTERS, CHANNELS, 3, 3)
    padding = (0, 2), (1, 1)
    exact = reference.conv2d_weight(x, size, dy, padding=padding)
    scale = reference.conv2d_weight(abs(x), size, abs(dy), padding=padding)
    bound = IMAGES * SIDE * SIDE * np.finfo(np.float32).eps * neighbours(scale)
    assert np.all(np.abs(first - exact) <= bound)


@pytest.mark.parametrize(
    ("filters", "taps", "images", "parts"),
    [
        (FILTERS, (3, 3), 1, 1),
        (FILTERS, (3, 3), 2 * weight.PART // TILES - 1, 1),
        (FILTERS, (3, 3), 3 * weight.PART // TILES, 3),
        (FILTERS, (3, 3), 1000, weight.PARTS),
        (FILTERS, (5, 3), 1000, weight.PARTS // 2),  # of two squares
        (8 * weight.PARTS * CHANNELS, (3, 3), 1000, 1),  # there are panels for all threads
    ],
)
def test_the_parts_never_depend_on_the_threads(gradient, cuts, filters, taps, images, parts):
    """The panels are split for the threads that are left."""
    plan, nothing = planned(filters, taps), np.empty(0, np.float32)
    for threads in THREADS:
        gradient(plan, nothing, nothing, images, threads)
    splits = [min(plan.geometry.panels, -(-threads // parts)) for threads in THREADS]
    assert cuts == [(parts * split, parts, split) for split in splits]
