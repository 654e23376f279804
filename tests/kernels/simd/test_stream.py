"""Stores past the caches: the same bits as ordinary ones, wherever a kernel streams."""

import numpy as np
import pytest

from fastconv import kernels
from fastconv.kernels.engine.geometry import Geometry
from fastconv.kernels.engine.jit import kernel
from fastconv.kernels.engine.machine import lanes
from fastconv.kernels.memory import buffers
from fastconv.kernels.simd import load, pour, read, stream
from tests.kernels.conv.cases import (
    CHANNEL_LANES,
    DEPTHWISE,
    DIRECT,
    PHASES,
    SCATTER,
    STRIPS,
    arrays,
    normal,
    passes,
)


@kernel
def copied(g, x, y, at, count, bypass, first, last):
    for _ in range(first, last):
        pour(read(x, at, g.lanes, count), y, at, count, bypass)


@kernel
def copied_tile(g, x, y, at, step, columns, bypass, first, last):
    for _ in range(first, last):
        stream(load(x, at, step, g.rows, g.vectors, g.lanes, columns), y, at, step, columns, bypass)


def aligned(size, dtype):
    memory = np.zeros(size + 64 // np.dtype(dtype).itemsize, dtype)
    at = -memory.ctypes.data % 64 // memory.itemsize
    return memory[at : at + size]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bypass", [False, True])
def test_a_vector(dtype, bypass):
    lane = lanes(dtype)
    x = np.arange(1.0, 4 * lane + 1).astype(dtype)
    for target in (dtype, "float64"):
        y = aligned(4 * lane, target)
        copied(1, 0.0, Geometry(lanes=lane), x, y, lane, lane, bypass)
        copied(1, 0.0, Geometry(lanes=lane), x, y, 2 * lane, lane - 1, bypass)
        expected = np.where((np.arange(4 * lane) >= lane) & (np.arange(4 * lane) < 3 * lane - 1), x, 0)
        np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bypass", [False, True])
@pytest.mark.parametrize("missing", [0, 1])
def test_a_tile(dtype, bypass, missing):
    lane = lanes(dtype)
    step, columns = 4 * lane, 2 * lane - missing
    x, y = np.arange(1.0, 5 * step + 1).astype(dtype), aligned(5 * step, dtype)
    g = Geometry(rows=3, vectors=2, lanes=lane)
    copied_tile(1, 0.0, g, x, y, step + lane, step, columns, bypass)
    expected = np.zeros_like(x).reshape(5, step)
    expected[1:4, lane : lane + columns] = x.reshape(5, step)[1:4, lane : lane + columns]
    np.testing.assert_array_equal(y, expected.reshape(-1))


CASES = [DIRECT[0], DIRECT[2], DIRECT[11], PHASES[2], SCATTER[0], CHANNEL_LANES[3], DEPTHWISE[3], *STRIPS[:2]]
"""Of channels and filters that fill vectors, which are streamed, and of some that do not; with strides."""


def results():
    """Everything that may be streamed; the tests of the kernels have the same geometries."""
    for case in CASES:
        x, w, b = arrays(case, np.float32, normal)
        y = kernels.conv2d(x, w, b, **case.options)
        yield from passes(kernels, x, w, b, y, case.options).values()
        yield kernels.conv2d(x, w, None, **case.options, relu=True)
        y, places = kernels.max_pool2d(x, 2, return_indices=True, ceil_mode=True)
        yield from (y, places, kernels.max_pool2d_input(y, places, x.shape))
        y = kernels.avg_pool2d(x, 3, 2, 1)
        yield from (y, kernels.avg_pool2d_input(y, x.shape, 3, 2, 1))
        for activation in ("relu", "sigmoid"):
            y = getattr(kernels, activation)(x)
            yield from (y, getattr(kernels, f"{activation}_input")(y, x))

    rng, lane = np.random.default_rng(0), lanes(np.float32)
    x, w = normal(rng, (2, 64, 12, 13), np.float32), normal(rng, (64, 64, 3, 3), np.float32)
    y = kernels.conv2d(x, w, None, padding=1)  # by Winograd's algorithm
    yield from (y, kernels.conv2d_input(x.shape, w, y, padding=1))
    x, w = normal(rng, (2, 4, 7, 9), np.float32), normal(rng, (lane, 2, 3, 3), np.float32)
    yield kernels.conv2d(x, w, None, 1, 1, groups=2)  # a pixel fills vectors, one of a group does not


def test_kernels_give_the_same_bits(monkeypatch):
    stored = list(results())
    monkeypatch.setattr(buffers, "SMALL", 0)
    monkeypatch.setattr(buffers, "cached_bytes", lambda: 0)
    streamed = list(results())
    assert buffers.streams(buffers.empty((64,), np.dtype(np.float32)), 64)
    for a, b in zip(stored, streamed, strict=True):
        np.testing.assert_array_equal(a, b)
