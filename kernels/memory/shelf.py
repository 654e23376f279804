"""Memory that is handed out again and again, one array at a time, once nobody refers to the last one.

A fresh large array costs a page fault for each 4 KB, more than a fast kernel takes to fill it. So a shelf
keeps the blocks of one size. Each is an array that owns memory; NumPy's views refer to that array, so a block
is free when the shelf alone refers to it. To look for a free block and to hand it out is one step of machine
code, which no other thread interrupts; so is whatever else changes a shelf.
"""

from typing import Any

import numpy as np

from ..engine.machine import LINE
from ..engine.native.entry import callable_from_python, head
from ..engine.native.layouts import DATA, WORD
from ..engine.native.objects import BYTE, FIRST, NONE, call, decref, incref, integer, new_array, references
from ..engine.native.words import put, room, word

PERIOD = 1000
"""Requests after which a block that nobody asked for goes back to the system."""
BLOCKS = 1024
"""The most blocks of a shelf."""
_REQUESTS, _USED, _MORE, _SHAPE, _BLOCK = range(FIRST, FIRST + 5)
"""Objects of a shelf after `entry.head`: requests so far, the last one of each block, what makes one, its
shape; then the blocks."""
_requests = np.zeros(1, np.int64)
_shelves: dict[int, "Shelf"] = {}


def take(self: int, arguments: int, count: int) -> int:
    """A free block as a line of bytes that begins a cache line; without one, what makes a block is called."""
    objects = word(self + DATA)
    counter, used = word(word(objects + _REQUESTS * WORD) + DATA), word(word(objects + _USED * WORD) + DATA)
    requests, none = word(counter) + 1, word(objects + NONE * WORD)
    if requests % PERIOD:
        for i in range(BLOCKS):
            block = word(objects + (_BLOCK + i) * WORD)
            if block == none:
                break
            if references(block) == 1:
                put(counter, requests)
                put(used + i * WORD, requests)
                incref(block)
                data, shape = word(block + DATA), word(word(objects + _SHAPE * WORD) + DATA)
                data = (data + LINE - 1) // LINE * LINE
                return new_array(objects, word(objects + BYTE * WORD), 1, shape, shape + WORD, data, block)
    return call(word(objects + _MORE * WORD))


def keep(self: int, arguments: int, count: int) -> int:
    """Put a new block, the argument, which is in use, into the first free slot, if there is one."""
    objects = word(self + DATA)
    counter, used = word(word(objects + _REQUESTS * WORD) + DATA), word(word(objects + _USED * WORD) + DATA)
    none, block = word(objects + NONE * WORD), word(arguments)
    for i in range(BLOCKS):
        slot = objects + (_BLOCK + i) * WORD
        if word(slot) == none:
            incref(block)
            put(slot, block)
            put(used + i * WORD, word(counter))
            decref(none)
            break
    incref(none)
    return none


def drop(self: int, arguments: int, count: int) -> int:
    """Forget the free blocks that were last handed out before a request, the argument; close the gaps."""
    objects = word(self + DATA)
    used, none = word(word(objects + _USED * WORD) + DATA), word(objects + NONE * WORD)
    before, remaining = integer(word(arguments), room(1)), 0
    for i in range(BLOCKS):
        slot, request = objects + (_BLOCK + i) * WORD, word(used + i * WORD)
        block = word(slot)
        if block == none:
            break
        if references(block) == 1 and request < before:
            incref(none)
            put(slot, none)
            decref(block)
        else:
            to = objects + (_BLOCK + remaining) * WORD
            put(slot, word(to))
            put(to, block)
            put(used + remaining * WORD, request)
            remaining += 1
    incref(none)
    return none


class Shelf:
    """Blocks of one size in bytes; `take` hands one out, `drop` forgets the free ones."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._used = np.zeros(BLOCKS, np.int64)
        self._objects = np.full(_BLOCK + BLOCKS, None)
        self._objects[:_BLOCK] = *head(), _requests, self._used, self._more, np.array([size, 1])
        self.take: Any = callable_from_python(take, self._objects)
        self.drop: Any = callable_from_python(drop, self._objects)
        self._keep: Any = callable_from_python(keep, self._objects)

    def blocks(self) -> list[np.ndarray]:
        """All blocks."""
        return [block for block in self._objects[_BLOCK:] if block is not None]

    def _more(self) -> np.ndarray:
        """A new block, kept if a slot is free; every PERIOD requests the unused blocks are dropped first."""
        _requests[0] += 1
        if _requests[0] % PERIOD == 0:
            release(int(_requests[0]) - PERIOD)
            return self.take()
        block = fresh(self.size)
        self._keep(block)
        return line_of(block, self.size)


def fresh(size: int) -> np.ndarray:
    """Memory from the system, enough to begin a cache line."""
    return np.empty(size + LINE, np.uint8)


def line_of(block: np.ndarray, size: int) -> np.ndarray:
    """The first `size` bytes of a block that begin a cache line."""
    at = -block.ctypes.data % LINE
    return block[at : at + size]


def take_once(size: int) -> np.ndarray:
    """Memory that is not handed out again: for processes where references cannot be counted."""
    return line_of(fresh(size), size)


def shelf(size: int) -> Shelf:
    """The shelf for arrays of so many bytes; sizes are rounded up, by a quarter at most, to meet again."""
    grain = 1 << (size.bit_length() - 3)
    rounded = -(-size // grain) * grain
    found = _shelves.get(rounded)
    return found if found is not None else _shelves.setdefault(rounded, Shelf(rounded))


def release(before: int | None = None) -> None:
    """Give free memory back to the system: all, or what was last handed out before a request."""
    for one in list(_shelves.values()):
        one.drop(int(_requests[0]) + 1 if before is None else before)
