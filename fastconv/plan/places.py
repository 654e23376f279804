"""Where arrays lie: in memory of the plan, in what is given to each run, or in somebody else's that stays."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.lib.array_utils import byte_bounds

from fastconv.plan.record import UnplannedError
from fastconv.types import Array


class Place(NamedTuple):
    """The index of an array in which memory lies, and how many bytes behind its first."""

    root: int
    offset: int


class Span:
    """The bytes of an array that is made, and the place of the first one."""

    def __init__(self, low: int, high: int, place: Place) -> None:
        self.low, self.high, self.place = low, high, place


class Places:
    """The arrays that launches read and write: first those that are given at each run, then those made.

    **Arguments:**

    - `given`: arrays that another run gets others for, of the same shapes and types.
    - `made`: arrays for which the plan has to have memory.
    - `kept`: arrays whose memory is there as long as the plan: parameters and states.
    """

    def __init__(self, given: list[Array], made: list[Array], kept: Iterable[Array]) -> None:
        self.given = len(given)
        self.roots: list[Array] = []
        self.fixed: set[int] = set()
        """The indices of roots that stay in their own memory."""
        self._starts: list[int] = []
        self._spans: list[Span] = []
        self._seen: dict[int, tuple[Array, Span | None, int]] = {}
        """By its id, an array that was looked for, its span, and its first byte, counted from there."""
        self._kept = sorted(byte_bounds(array) for array in kept if array.size)
        for array in (*given, *made):
            self.add(array)

    def add(self, root: Array) -> None:
        """Take in an array that is made."""
        self.roots.append(root)
        if root.size:
            self._put(root, Place(len(self.roots) - 1, 0))

    def alias(self, old: Array, new: Array) -> None:
        """From now on, what lies in `old`, an array that was made, lies in `new`, which has its layout."""
        span, _ = self._located(old)
        if span is None or (span.low, span.high) != byte_bounds(old):
            raise UnplannedError("a result is a part of an array")
        span.place = self.find(new) or self._nowhere(new)

    def keep(self, *arrays: Array) -> None:
        """Take in arrays whose memory stays."""
        self._kept = sorted([*self._kept, *map(byte_bounds, arrays)])

    def stay(self, array: Array) -> None:
        """From now on, an array that is made stays in its own memory from run to run."""
        if (place := self.find(array)) is not None:
            self.fixed.add(place.root)

    def find(self, array: Array) -> Place | None:
        """The place of an array's first element; None if its memory stays."""
        span, offset = self._located(array)
        return None if span is None else Place(span.place.root, span.place.offset + offset)

    def roots_of(self, arrays: Iterable[Array]) -> set[int]:
        """The indices of the arrays in which these lie."""
        return {place.root for array in arrays if (place := self.find(array)) is not None}

    def made_root(self, array: Array) -> int:
        """The index of the array that is made in which another one lies."""
        place = self.find(array)
        if place is None or place.root < self.given:
            raise UnplannedError("the output is the input, or a parameter")
        return place.root

    def is_kept(self, array: Array) -> bool:
        """Whether an array lies in one whose memory stays, and whose contents may change."""
        low, high = byte_bounds(array)
        at = bisect_right(self._kept, (low, high)) - 1
        before = self._kept[max(0, at - 1) : at + 2]
        return any(start <= low and high <= end for start, end in before)

    def _nowhere(self, array: Array) -> NoReturn:
        raise UnplannedError(f"an array {array.shape} of {array.dtype} is computed outside the operations")

    def _put(self, array: Array, place: Place) -> None:
        low, high = byte_bounds(array)
        at = bisect_right(self._starts, low)
        self._starts.insert(at, low)
        self._spans.insert(at, Span(low, high, place))

    def _located(self, array: Array) -> tuple[Span | None, int]:
        """The span in which an array lies, and where in it; None if its memory stays."""
        if (seen := self._seen.get(id(array))) is None:
            seen = self._seen[id(array)] = array, *self._searched(array)
        return seen[1:]

    def _searched(self, array: Array) -> tuple[Span | None, int]:
        low, high = byte_bounds(array)
        at = bisect_right(self._starts, low) - 1
        if at >= 0 and high <= self._spans[at].high:
            return self._spans[at], array.ctypes.data - self._spans[at].low
        if array.size and not self.is_kept(array) and not _constant(array):
            self._nowhere(array)
        return None, 0


def _constant(array: object) -> bool:
    """Whether nobody may write to this memory."""
    while isinstance(array, np.ndarray):
        if array.flags.writeable:
            return False
        array = array.base
    return array is None


def arena(lives: dict[int, tuple[int, int]], sizes: dict[int, int], line: int) -> tuple[dict[int, int], int]:
    """Where each array of so many bytes begins in memory that all share, and how much that is.

    `lives` has the first and the last step that needs an array. Two that are needed at the same time do not
    overlap. The largest arrays are placed first, each as low as it can be.
    """
    placed: list[tuple[int, int, int, int]] = []
    offsets: dict[int, int] = {}
    total = 0
    for root in sorted(lives, key=lambda root: -sizes[root]):
        first, last = lives[root]
        size, at = -(-sizes[root] // line) * line, 0
        others = sorted((low, high) for low, high, begin, end in placed if begin <= last and first <= end)
        for low, high in others:
            if at + size <= low:
                break
            at = max(at, high)
        placed.append((at, at + size, first, last))
        offsets[root] = at
        total = max(total, at + size)
    return offsets, total
