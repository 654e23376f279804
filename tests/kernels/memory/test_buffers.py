"""Layouts in and out: dense arrays are seen as they lie, the rest is copied once."""

import itertools
import math

import numpy as np
import pytest

from fastconv.kernels.engine import machine
from fastconv.kernels.memory import buffers


def image(dtype=np.float32):
    return np.arange(2 * 3 * 4 * 5, dtype=dtype).reshape(2, 3, 4, 5)


def test_channels_last_of_any_layout():
    x = image()
    expected = x.transpose(0, 2, 3, 1).reshape(-1)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    for array in (x, last, np.asfortranarray(x), np.repeat(x, 2, axis=3)[..., ::2], x[::-1][::-1]):
        np.testing.assert_array_equal(buffers.channels_last(array), expected)
    assert np.shares_memory(buffers.channels_last(last), last)


def test_one_channel_or_pixel_is_not_copied():
    for x in (image()[:, :1].copy(), image()[:, :, :1, :1].copy()):
        assert np.shares_memory(buffers.channels_last(x), x)


def test_read_only_memory_is_seen_not_copied():
    x = image()
    x.flags.writeable = False
    for seen in (buffers.plain(x), buffers.flat(x), buffers.flat(x.T)):
        assert np.shares_memory(seen, x)
        assert not x.flags.writeable


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 1, 0, 2)])
def test_flat_follows_memory(order):
    x = np.ascontiguousarray(image().transpose(order)).transpose(np.argsort(order))
    line = buffers.flat(x)
    assert np.shares_memory(line, x)
    other = image() * 2
    np.testing.assert_array_equal(buffers.flat_like(other, x), 2 * line)


def test_empty_channels_last():
    line, x = buffers.empty_channels_last((2, 3, 4, 5), np.dtype(np.float64))
    assert np.shares_memory(line, x) and line.shape == (120,)
    assert x.shape == (2, 3, 4, 5) and x.dtype == np.float64
    assert x.transpose(0, 2, 3, 1).flags.c_contiguous


@pytest.mark.parametrize("size", [1, 100, buffers.CHUNK + 3, 300_000, machine.cached_bytes()])
def test_set_zero(size):
    line = buffers.empty((size,), np.dtype(np.float32))
    line[:] = 1
    buffers.set_zero(line)
    assert not line.any()


def test_large_arrays_begin_a_cache_line():
    for size in (20_000, 123_457):
        assert buffers.empty((size,), np.dtype(np.float32)).ctypes.data % machine.LINE == 0


SHAPES = [(2, 3, 20, 17), (1, 5, 33, 2), (3, 64, 4, 8), (2, 16, 16), (40, 35), (2, 3, 4, 5, 6), (2, 8, 1, 70)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32, np.uint8])
@pytest.mark.parametrize("shape", SHAPES)
def test_arrays_in_any_order_are_copied(shape, dtype):
    x = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    for axes in itertools.permutations(range(len(shape))):
        turned = x.transpose(axes)
        copy = buffers.plain(turned)
        assert copy.flags.c_contiguous
        np.testing.assert_array_equal(copy, turned)
    for other in (x[::-1], x[..., ::2], np.broadcast_to(x[:1], shape), x[:0]):
        np.testing.assert_array_equal(buffers.plain(other), other)


@pytest.mark.parametrize("channels", [1, 2, 3, 8, 9, 16, 40])
def test_channels_last_and_back(channels):
    x = np.random.default_rng(0).standard_normal((2, channels, 7, 9)).astype("f4")
    last = buffers.channels_last(x)
    np.testing.assert_array_equal(last, x.transpose(0, 2, 3, 1).ravel())
    images = last.reshape(2, 7, 9, channels).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(buffers.reshape(images, (2, channels * 63)), x.reshape(2, -1))
