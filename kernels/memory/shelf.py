"""Memory that is handed out again and again, one array at a time, once nobody refers to the last one.

A fresh large array costs a page fault for each 4 KB, more than a fast kernel takes to fill it. So a shelf
keeps the blocks of one size that are free. Each array that it hands out belongs to a loan, as do all views of
the array; with the last of them the loan ends, and puts its block back.
"""

import threading
from typing import Any

import numpy as np

from ..engine.machine import aligned

PERIOD = 1000
"""Requests after which a block that nobody asked for goes back to the system."""
_requests = 0
_shelves: dict[int, "Shelf"] = {}
_lock = threading.Lock()


class _Loan:
    """A block that is in use, as NumPy sees the owner of an array's memory."""

    def __init__(self, shelf: "Shelf", block: np.ndarray, size: int) -> None:
        self._shelf, self._block = shelf, block
        self.__array_interface__: dict[str, Any] = {
            "version": 3, "shape": (size,), "typestr": "|u1", "data": (block.ctypes.data, False),
        }  # fmt: skip

    def __del__(self) -> None:
        self._shelf.free.append((self._block, _requests))


class Shelf:
    """Blocks of one size in bytes."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.free: list[tuple[np.ndarray, int]] = []
        """The blocks that are not in use, each with the number of requests when it came back."""

    def take(self) -> np.ndarray:
        """A line of bytes that begins a cache line, in the block that came back last, or in a new one."""
        global _requests
        _requests += 1
        if _requests % PERIOD == 0:
            release(_requests - PERIOD)
        try:
            block, _ = self.free.pop()
        except IndexError:
            block = aligned(self.size)
        return np.asarray(_Loan(self, block, self.size))

    def drop(self, before: int) -> None:
        """Forget the free blocks that came back before a request."""
        for _ in range(len(self.free)):
            try:
                block = self.free.pop(0)
            except IndexError:
                return
            if block[1] >= before:
                self.free.append(block)


def shelf(size: int) -> Shelf:
    """The shelf for arrays of so many bytes; sizes are rounded up, by a quarter at most, to meet again."""
    grain = 1 << (size.bit_length() - 3)
    rounded = -(-size // grain) * grain
    found = _shelves.get(rounded)
    return found if found is not None else _shelves.setdefault(rounded, Shelf(rounded))


def release(before: int | None = None) -> None:
    """Give free memory back to the system: all, or what came back before a request."""
    with _lock:
        for one in list(_shelves.values()):
            one.drop(_requests + 1 if before is None else before)
