"""Arrays of many names side by side in a few long ones, which are summed and sent as they are."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from fastconv import validate
from fastconv.training.parallel.tree import Node, Program, run
from fastconv.types import Array

SIZE = 1 << 20
"""Bytes of a bucket, unless one array has more: enough that bandwidth decides, and not latency."""

Vectors = list[Array]
"""One array (n,) for each bucket."""


class Buckets:
    """Where arrays lie: in the order given, each bucket with those of one dtype."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.names: list[set[str]] = []
        """The names in each bucket."""
        self._places: dict[str, tuple[int, slice]] = {}
        self._shapes = {name: array.shape for name, array in arrays.items()}
        self._kinds: list[tuple[int, np.dtype]] = []
        last: dict[np.dtype, int] = {}
        for name, array in arrays.items():
            bucket = last.get(array.dtype)
            if bucket is None or self._kinds[bucket][0] * array.itemsize + array.nbytes > SIZE:
                bucket = last[array.dtype] = len(self._kinds)
                self._kinds.append((0, array.dtype))
                self.names.append(set())
            size, dtype = self._kinds[bucket]
            self._places[name] = bucket, slice(size, size + array.size)
            self._kinds[bucket] = size + array.size, dtype
            self.names[bucket].add(name)

    def empty(self) -> Vectors:
        """Uninitialised buckets."""
        return [np.empty(size, dtype) for size, dtype in self._kinds]

    @property
    def count(self) -> int:
        """How many buckets there are."""
        return len(self._kinds)

    def place(self, name: str) -> tuple[int, slice]:
        """The bucket of an array and where it lies there; KeyError for a name that has no place."""
        return self._places[name]

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def arrays(self, vectors: Vectors) -> dict[str, Array]:
        """The arrays by name: views."""
        return {
            name: vectors[bucket][place].reshape(self._shapes[name])
            for name, (bucket, place) in self._places.items()
        }


class Filling:
    """Buckets of one shard that fill up; `full` is called with the number of each that is full.

    Call it with arrays by name, as soon as they are there; what was there before is passed over.
    """

    def __init__(self, buckets: Buckets, full: Callable[[int], None] | None = None) -> None:
        self.vectors = buckets.empty()
        self._buckets, self._full = buckets, full
        self._missing = [set(names) for names in buckets.names]

    def __call__(self, arrays: Mapping[str, Array | None]) -> None:
        """Takes arrays by name; ValueError for None in place of one."""
        for name, array in arrays.items():
            if name not in self._buckets:
                continue
            bucket, place = self._buckets.place(name)
            if name not in self._missing[bucket]:
                continue
            if array is None:
                needs = "one in each shard or in none"
                raise validate.wrong_value("Trainer", "gradients", f"None for {name}", needs)
            self.vectors[bucket][place] = array.ravel()
            self._missing[bucket].discard(name)
            if not self._missing[bucket] and self._full is not None:
                self._full(bucket)


Put = Callable[[Mapping[str, Array | None]], None]
"""What takes arrays by name: a `Filling`."""


def add_up(
    programs: Iterable[Program],
    buckets: Buckets,
    leaf: Callable[[int, Put], None],
    ready: Callable[[int, Vectors], None],
) -> None:
    """Adds up what the shards of a rank give; `ready` gets each bucket's sums, one for each program.

    `leaf(shard, put)` puts what a shard gives. The buckets of the last one are added and given out one by
    one, while others are still computed.
    """
    *earlier, last = [*programs] or [()]
    sums = [_run(program, buckets, leaf)[0] for program in earlier]
    if not last:
        for bucket in range(buckets.count):
            ready(bucket, [])
        return
    number = max(index for index, node in enumerate(last) if node is not None)
    stack = _run(last[:number], buckets, leaf)
    waiting = stack[len(stack) - (len(last) - number - 1) :]

    def full(bucket: int) -> None:
        whole = filling.vectors[bucket]
        for left in reversed(waiting):
            whole = np.add(left[bucket], whole, out=left[bucket])
        ready(bucket, [*(found[bucket] for found in sums), whole])

    filling = Filling(buckets, full)
    node = last[number]
    assert node is not None
    leaf(node[0], filling)


def _run(program: Iterable[Node | None], buckets: Buckets, leaf: Callable[[int, Put], None]) -> list[Vectors]:
    """The stack that a program, or the beginning of one, leaves."""

    def given(node: Node) -> Vectors:
        filling = Filling(buckets)
        leaf(node[0], filling)
        return filling.vectors

    def add(left: Vectors, right: Vectors) -> Vectors:
        return [np.add(whole, part, out=whole) for whole, part in zip(left, right, strict=True)]

    return run(program, given, add)
