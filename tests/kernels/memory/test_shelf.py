"""Memory that is handed out again: when its last view is gone, never before, and not for ever."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from fastconv.kernels.engine import machine
from fastconv.kernels.memory import buffers, shelf


def test_memory_is_used_again_when_its_last_view_is_gone():
    shape, dtype = (7, 11, 13, 17), np.dtype(np.float64)
    shelf.release()
    a = buffers.empty(shape, dtype)
    place = a.ctypes.data
    view = a[1:].transpose(0, 3, 1, 2)
    del a
    b = buffers.empty(shape, dtype)
    assert not np.shares_memory(b, view)
    del view
    assert buffers.empty(shape, dtype).ctypes.data == place


def test_arrays_of_many_threads_never_share_memory():
    def work(i):
        for _ in range(200):
            a = buffers.empty((30_000,), np.dtype(np.float32))
            a[:] = i
            b = buffers.empty((30_000,), np.dtype(np.float32))
            b[:] = -i
            if not ((a == i).all() and (b == -i).all()):
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(1, 9)))


def free_sizes():
    return {one.size for one in shelf._shelves.values() if one.free}


def test_free_memory_goes_back():
    dtype = np.dtype(np.float32)
    a, b = buffers.empty((100_000,), dtype), buffers.empty((200_000,), dtype)
    del b
    shelf.release()
    assert not free_sizes()
    del a
    buffers.empty((50_000,), dtype)
    for _ in range(2 * shelf.PERIOD):
        buffers.empty((60_000,), dtype)
    assert free_sizes() == {262_144}


def test_a_block_begins_a_cache_line_and_holds_its_size():
    one = shelf.Shelf(100_000)
    lines = [one.take() for _ in range(5)]
    places = {line.ctypes.data for line in lines}
    for line in lines:
        assert line.nbytes == 100_000 and line.flags.writeable
        assert line.ctypes.data % machine.LINE == 0
        line[:] = 1
    assert not one.free
    del lines, line
    assert len(one.free) == len(places) == 5
    assert one.take().ctypes.data in places


def test_blocks_that_came_back_lately_stay():
    one = shelf.Shelf(1000)
    one.free = [(np.empty(1064, np.uint8), request) for request in (5, 9, 3, 7)]
    one.drop(6)
    assert [request for _, request in one.free] == [9, 7]


def test_nothing_leaks():
    one = shelf.Shelf(5000)
    for _ in range(3 * shelf.PERIOD):
        one.take()
    assert len(one.free) == 1
