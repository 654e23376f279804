"""Launches as words that machine code walks, and the memory in which their arrays lie."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from fastconv.plan.places import Place, Places, arena
from fastconv.types import Array

COLUMNS = 5
"""Words of a step: task, jobs, workers, region, address of the arguments."""
WORD = 8


class Relocation(NamedTuple):
    """A word that is an address: its index, and the place that it points to."""

    word: int
    place: Place


class Program:
    """The launches of a computation, ready to run on memory of its own.

    **Arguments:**

    - `launches`: what runs, in order.
    - `places`: where the arrays of the launches lie.
    - `fresh`: the indices of arrays in `places` that each run gets new ones for, beside those that are given.
    - `settling`: the indices of the launches that need not run again while what they read stays as it is.
    - `filled`: the indices of arrays that Python fills before the first launch.
    """

    def __init__(
        self,
        launches: list[Any],
        places: Places,
        fresh: Iterable[int] = (),
        settling: Iterable[int] = (),
        filled: Iterable[int] = (),
    ) -> None:
        from fastconv.kernels.engine import jit
        from fastconv.kernels.engine.machine import LINE, aligned

        self.settling = sorted(settling)
        self.launches = [launches[i] for i in self.settling]
        self.launches += [launch for i, launch in enumerate(launches) if i not in {*self.settling}]
        self.places, self._line, self._aligned = places, LINE, aligned
        self.moving = [*range(places.given), *fresh]
        self.filled = [*filled]
        self._steps: list[list[int]] = []
        self._words: list[int] = []
        self._relocations: list[Relocation] = []
        for launch, entry_point in zip(self.launches, jit.entry_points(self.launches), strict=True):
            self._add(launch, entry_point)
        self._lasting, self._passing, self.lasting_bytes, self.passing_bytes = self._memory()
        self._kept_memory = aligned(self.lasting_bytes)

    def _add(self, launch: Any, entry_point: Any) -> None:
        task, words, arrays = launch.laid_out(entry_point)
        start = len(self._words)
        for index, array in arrays:
            if (place := self.places.find(array)) is not None:
                self._relocations.append(Relocation(start + index, place))
        self._steps.append([task, launch.jobs, launch.workers, launch.region, start])
        self._words += words

    def _memory(self) -> tuple[dict[int, int], dict[int, int], int, int]:
        """Where arrays lie that stay from run to run, where the others lie, and the bytes of both."""
        lives = self._lives = dict.fromkeys(self.filled, (0, 0))
        lasting: set[int] = set()
        ends = [step[-1] for step in self._steps[1:]] + [len(self._words)]
        step = 0
        for word, place in self._relocations:
            while word >= ends[step]:
                step += 1
            first, _ = lives.get(place.root, (step, step))
            lives[place.root] = first, step
            if step < len(self.settling):
                lasting.add(place.root)
        sizes = {root: self.places.roots[root].nbytes for root in lives}
        others = {*self.moving, *self.places.fixed}
        stay = {root: (0, len(self._steps)) for root in lasting}
        pass_ = {root: life for root, life in lives.items() if root not in lasting | others}
        lasting_at, lasting_bytes = arena(stay, sizes, self._line)
        passing_at, passing_bytes = arena(pass_, sizes, self._line)
        return lasting_at, passing_at, lasting_bytes, passing_bytes

    @property
    def live_bytes(self) -> int:
        """The most that any step needs of what steps pass on: no memory for it can be smaller."""
        lives = [(*self._lives[root], self.places.roots[root].nbytes) for root in self._passing]
        steps = range(len(self._steps))
        needed = (sum(size for first, last, size in lives if first <= step <= last) for step in steps)
        return max(needed, default=0)

    def last_step(self, array: Array) -> int:
        """The last step that needs an array that is made."""
        return self._lives[self.places.made_root(array)][1]

    def instance(self, memory: Array | None = None) -> "Instance":
        """The program with memory for one run at a time: that of another instance, if it is large enough."""
        words = np.array(self._words, np.int64)
        steps = np.array(self._steps, np.int64).reshape(-1, COLUMNS)
        passing = memory
        if passing is None or passing.nbytes < self.passing_bytes:
            passing = self._aligned(self.passing_bytes)
        base = words.ctypes.data
        patches: list[tuple[int, int, int]] = []
        for word, (root, offset) in self._relocations:
            if root in self.places.fixed:
                words[word] = self.places.roots[root].ctypes.data + offset
            elif root in self.moving:
                patches.append((base + word * WORD, self.moving.index(root), offset))
            elif root in self._lasting:
                words[word] = self._kept_memory.ctypes.data + self._lasting[root] + offset
            else:
                words[word] = passing.ctypes.data + self._passing[root] + offset
        steps[:, -1] = base + steps[:, -1] * WORD
        filled = [
            np.ndarray(array.shape, array.dtype, passing, self._passing[root])
            for root, array in ((root, self.places.roots[root]) for root in self.filled)
        ]
        return Instance(steps, np.array(patches, np.int64).reshape(-1, 3), words, passing, filled)


class Instance:
    """A program's steps on memory of their own; `bases` are the addresses of what a run gets and gives.

    `filled` are the arrays in this memory that Python fills before a run.
    """

    def __init__(
        self, steps: Array, patches: Array, words: Array, memory: Array, filled: list[Array]
    ) -> None:
        self.steps, self.patches = steps, patches
        self.bases = np.zeros(3, np.int64)
        self.memory, self.filled = memory, filled
        self._alive = words
