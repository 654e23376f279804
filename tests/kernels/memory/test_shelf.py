"""Memory that is handed out again: when its last view is gone, never before, and not for ever."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fastconv.kernels.engine import machine
from fastconv.kernels.memory import buffers, shelf

pytestmark = pytest.mark.fields


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


def test_free_memory_goes_back():
    dtype = np.dtype(np.float32)
    a, b = buffers.empty((100_000,), dtype), buffers.empty((200_000,), dtype)
    del b
    shelf.release()
    owners = [block for one in shelf._shelves.values() for block in one.blocks()]
    assert any(np.shares_memory(a, owner) for owner in owners)
    assert all(owner.nbytes < 800_000 for owner in owners)
    del a, owners
    buffers.empty((50_000,), dtype)
    for _ in range(2 * shelf.PERIOD):
        buffers.empty((60_000,), dtype)
    assert {one.size for one in shelf._shelves.values() if one.blocks()} == {262_144}


def test_a_block_begins_a_cache_line_and_holds_its_size():
    one = shelf.Shelf(100_000)
    lines = [one.take() for _ in range(5)]
    for line in lines:
        assert line.nbytes == 100_000 and line.flags.writeable
        assert line.ctypes.data % machine.LINE == 0
        line[:] = 1
    assert len(one.blocks()) == 5
    del lines, line
    again = one.take()
    assert any(np.shares_memory(again, block) for block in one.blocks())
    assert len(one.blocks()) == 5


def test_gaps_are_closed():
    one = shelf.Shelf(1000)
    lines = [one.take() for _ in range(6)]
    kept = [line.ctypes.data for line in lines[1::2]]
    del lines[::2]
    one.drop(1 << 60)
    assert len(one.blocks()) == 3
    assert all(any(np.shares_memory(line, block) for block in one.blocks()) for line in lines)
    assert [line.ctypes.data for line in lines] == kept
    fourth = one.take()
    assert len(one.blocks()) == 4
    assert not any(np.shares_memory(fourth, line) for line in lines)


def test_a_full_shelf_still_hands_out_memory():
    one = shelf.Shelf(64)
    lines = [one.take() for _ in range(shelf.BLOCKS + 50)]
    assert len(one.blocks()) == shelf.BLOCKS
    starts = {line.ctypes.data for line in lines}
    assert len(starts) == len(lines)


def test_no_memory_is_an_exception(monkeypatch):
    def refuse(size):
        raise MemoryError("none left")

    one = shelf.Shelf(1000)
    monkeypatch.setattr(shelf, "fresh", refuse)
    with pytest.raises(MemoryError, match="none left"):
        one.take()


def test_nothing_leaks():
    one = shelf.Shelf(5000)
    for _ in range(3 * shelf.PERIOD):
        one.take()
    assert len(one.blocks()) == 1
