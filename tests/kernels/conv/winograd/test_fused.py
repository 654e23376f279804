"""The forward pass of few tiles adds in the order of the one of many: their bits are the same."""

import math

import numpy as np
import pytest

from fastconv.kernels.conv.pack import Source
from fastconv.kernels.conv.plan import Place
from fastconv.kernels.conv.problem import problem
from fastconv.kernels.conv.winograd import forward, fused
from fastconv.kernels.conv.winograd.transform import OUTPUTS
from fastconv.kernels.engine import machine

LANES = machine.lanes(np.float32)
CHANNELS, FILTERS = fused.SLICE + LANES, 4 * LANES
"""More channels than one slice, filters in two panels."""
FORWARD = Source(FILTERS * CHANNELS * 9, CHANNELS * 9, 9, CHANNELS, 9, np.arange(9), np.full(9, 9))
FLIPPED = Source(FILTERS * CHANNELS * 9, 9, FILTERS * 9, 1, 9, np.arange(8, -1, -1), np.full(9, 9))
"""As an input gradient has them: filters and channels have changed places."""


def asked(images, size, padding):
    return problem(
        (images, CHANNELS, *size), (FILTERS, CHANNELS, 3, 3), 1, padding, 1, 1, np.float32, True
    )  # fmt: skip


def computed(algorithm, p, source, relu=False):
    """All of flat y, beside whose rows and images there is room."""
    rng, pixel = np.random.default_rng(0), FILTERS + LANES
    row = p.width.outputs * pixel + 1
    place = Place(3, p.height.outputs * row, row, pixel)
    x = rng.standard_normal(p.images * p.height.size * p.width.size * CHANNELS).astype(np.float32)
    weight = rng.standard_normal(FILTERS * CHANNELS * 9).astype(np.float32)
    bias = rng.standard_normal(FILTERS).astype(np.float32)
    y = np.full(3 + p.images * place.image, np.nan, np.float32)
    algorithm.plan(p.any_batch, place, relu).run(x, weight, source, bias, y, p.images)
    assert np.count_nonzero(~np.isnan(y)) == p.images * p.pixels * FILTERS
    return y


@pytest.mark.parametrize("source", [FORWARD, FLIPPED], ids=["forward", "flipped"])
@pytest.mark.parametrize(
    ("images", "size", "padding"), [(1, (4, 4), 1), (3, (7, 9), ((0, 1), (2, 0))), (1, (30, 30), 1)]
)
def test_the_bits_are_those_of_the_algorithm_for_many_tiles(images, size, padding, source):
    """Of one tile, of tiles that are no multiple of a register tile's rows, and of as many as it takes."""
    p = asked(images, size, padding)
    np.testing.assert_array_equal(computed(fused, p, source), computed(forward, p, source))


def test_relu_is_that_of_the_stored_result():
    p = asked(2, (6, 5), 1)
    np.testing.assert_array_equal(
        computed(fused, p, FORWARD, relu=True), np.maximum(computed(fused, p, FORWARD), 0)
    )


def test_the_parts_change_no_bit(monkeypatch):
    """As many as threads, or so many that the sums of each stay in the cache."""
    p, results = asked(2, (9, 8), 1), []
    for threads, sums in [(1, fused.SUMS), (2, fused.SUMS), (50, fused.SUMS), (1, 1)]:
        monkeypatch.setattr(fused, "get_num_threads", lambda threads=threads: threads)
        monkeypatch.setattr(fused, "SUMS", sums)
        results.append(computed(fused, p, FORWARD))
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])


def test_it_is_for_few_tiles_of_3x3_taps():
    def cycles(tiles, taps=(3, 3)):
        return fused.cycles(tiles, taps, CHANNELS, FILTERS, np.dtype(np.float32))

    assert cycles(OUTPUTS) < cycles(fused.TILES) < math.inf
    assert cycles(fused.TILES + 1) == math.inf
    assert cycles(1, (3, 2)) == cycles(1, (5, 5)) == math.inf
