"""The weight gradient of few tiles: ragged tiles, more channels than a slice, any number of threads."""

import math

import numpy as np
import pytest

from fastconv import reference
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.conv.winograd import fused_weight
from fastconv.kernels.engine import machine
from fastconv.verification import neighbours
from tests.kernels.conv.cases import channels_last, normal

LANES = machine.lanes(np.float32)
CHANNELS, FILTERS = fused_weight.SLICE + LANES, 6 * LANES
SIZE = FILTERS, CHANNELS, 3, 3
LAYERS = [
    # images, height, width, padding
    (1, 4, 4, 1),
    (2, 5, 9, 0),
    (3, 7, 3, ((0, 1), (2, 1))),
]


def arrays(layer):
    n, h, w, padding = layer
    rng, x_size = np.random.default_rng(0), (n, CHANNELS, h, w)
    p = problem(x_size, SIZE, 1, padding, 1, 1, np.float32, True)
    dy_size = n, FILTERS, p.height.outputs, p.width.outputs
    return p, *(channels_last(normal(rng, size, np.float32)) for size in (x_size, dy_size))


def gradient(p, x, dy):
    flat = (a.transpose(0, 2, 3, 1).ravel() for a in (x, dy))
    return fused_weight.plan(p.any_batch).run(*flat, p.images)


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_ragged_tiles_are_within_the_bound(layer):
    p, x, dy = arrays(layer)
    wide = x.astype(float), SIZE, dy.astype(float), 1, layer[-1]
    exact = reference.conv2d_weight(*wide)
    scale = reference.conv2d_weight(abs(wide[0]), SIZE, abs(wide[2]), *wide[3:])
    bound = max(36, p.images * p.pixels) * np.finfo(np.float32).eps * neighbours(scale)
    result = gradient(p, x, dy)
    assert (result.shape, result.dtype) == (SIZE, np.float32)
    assert np.all(np.abs(result - exact) <= bound)


def test_the_number_of_threads_changes_no_bit(monkeypatch):
    p, x, dy = arrays(LAYERS[1])
    results = []
    for threads in (1, 2, 50):
        monkeypatch.setattr(fused_weight, "get_num_threads", lambda threads=threads: threads)
        results.append(gradient(p, x, dy))
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])


def test_it_is_for_few_tiles_of_3x3_taps():
    def cycles(tiles, taps=(3, 3)):
        return fused_weight.cycles(tiles, taps, CHANNELS, FILTERS, np.dtype(np.float32))

    assert cycles(1) < cycles(fused_weight.TILES) < math.inf
    assert cycles(fused_weight.TILES + 1) == math.inf
    assert cycles(1, (2, 3)) == cycles(1, (5, 5)) == math.inf
