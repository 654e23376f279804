"""Pixels whose channels lie side by side, and a plane for each channel: from one to the other."""

import numpy as np
import pytest
from numba import njit

from fastconv.kernels.engine import machine
from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.simd import load, store, unwoven, woven


@njit
def weave(g, planes, pixels):
    tile = load(planes, 0, g.vectors * g.lanes, g.rows, g.vectors, g.lanes, g.vectors * g.lanes)
    store(woven(tile), pixels, 0, 0, pixels.size)


@njit
def take_apart(g, pixels, planes):
    store(unwoven(load(pixels, 0, 0, 1, g.rows, g.lanes, pixels.size)), planes, 0, g.lanes, g.lanes)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("vectors", [1, 3])
@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8])
def test_planes_and_pixels(channels, vectors, dtype):
    g = Geometry(rows=channels, vectors=vectors, lanes=machine.lanes(dtype))
    planes = np.arange(channels * vectors * g.lanes, dtype=dtype).reshape(channels, -1)
    pixels = np.empty(planes.T.shape, dtype)
    weave(g, planes.ravel(), pixels.ravel())
    np.testing.assert_array_equal(pixels, planes.T)
    if vectors == 1:
        apart = np.empty_like(planes)
        take_apart(g, pixels.ravel(), apart.ravel())
        np.testing.assert_array_equal(apart, planes)
