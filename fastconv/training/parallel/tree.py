"""The tree in which the shards of a batch are summed, and the part of it that each rank computes.

Its root holds all shards, and a node halves into two. The sum of a node is that of its left half plus that of
its right half, whoever computes them: that is why a result does not depend on the number of ranks.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

Sum = TypeVar("Sum")
Node = tuple[int, int]
"""The first shard of a node, and the one behind its last."""

Program = tuple[Node | None, ...]
"""How to add up the leaves of a node with a stack: a node puts its sum there, None adds the upper two."""


def bounds(count: int, parts: int, part: int) -> slice:
    """The elements of one of `parts` parts of `count` elements, as equal as they can be."""
    return slice(part * count // parts, (part + 1) * count // parts)


def length(part: slice) -> int:
    """How many elements a part has."""
    return int(part.stop - part.start)


def program(node: Node, leaves: frozenset[Node]) -> Program:
    """The sum of these leaves below a node, in the tree's order; nothing where there are none."""
    if node in leaves:
        return (node,)
    first, last = node
    if last - first < 2:
        return ()
    middle = (first + last) // 2
    left, right = program((first, middle), leaves), program((middle, last), leaves)
    return (*left, *right, None) if left and right else (*left, *right)


def run(
    program: Iterable[Node | None], leaf: Callable[[Node], Sum], add: Callable[[Sum, Sum], Sum]
) -> list[Sum]:
    """The stack that a program, or the beginning of one, leaves; `add` may overwrite its first argument."""
    stack: list[Sum] = []
    for node in program:
        if node is None:
            right = stack.pop()
            stack[-1] = add(stack[-1], right)
        else:
            stack.append(leaf(node))
    return stack


def within(node: Node, own: range) -> list[Node]:
    """The largest nodes below this one that hold shards of one rank alone, `own`."""
    first, last = node
    if last <= own.start or first >= own.stop or first == last:
        return []
    if own.start <= first and last <= own.stop:
        return [node]
    middle = (first + last) // 2
    return [*within((first, middle), own), *within((middle, last), own)]


@dataclass(frozen=True)
class Cut:
    """How a batch of so many samples is cut into shards, and these are dealt to ranks."""

    samples: int
    shards: int
    ranks: int

    def own(self, rank: int) -> range:
        """The shards of a rank."""
        part = bounds(self.shards, self.ranks, rank)
        return range(part.start, part.stop)

    def rows(self, rank: int) -> slice:
        """The samples of a rank, which lie side by side."""
        own = self.own(rank)
        return slice(self._row(own.start), self._row(own.stop))

    @property
    def counts(self) -> list[int]:
        """How many samples each rank has."""
        return [length(self.rows(rank)) for rank in range(self.ranks)]

    def parts(self, rank: int) -> list[tuple[int, slice]]:
        """The shards of a rank that hold samples, each with its samples in the batch."""
        cut = [(shard, bounds(self.samples, self.shards, shard)) for shard in self.own(rank)]
        return [(shard, rows) for shard, rows in cut if rows.start < rows.stop]

    @cached_property
    def filled(self) -> frozenset[Node]:
        """The leaves of the tree that hold samples."""
        parts = [part for rank in range(self.ranks) for part in self.parts(rank)]
        return frozenset((shard, shard + 1) for shard, _ in parts)

    @cached_property
    def nodes(self) -> tuple[tuple[Node, ...], ...]:
        """For each rank the nodes whose sums it computes alone."""
        root = 0, self.shards
        return tuple(
            tuple(node for node in within(root, self.own(rank)) if program(node, self.filled))
            for rank in range(self.ranks)
        )

    @cached_property
    def programs(self) -> tuple[tuple[Program, ...], ...]:
        """For each rank how it adds up each of its nodes."""
        return tuple(tuple(program(node, self.filled) for node in nodes) for nodes in self.nodes)

    @cached_property
    def whole(self) -> Program:
        """How the nodes of all ranks add up."""
        return program((0, self.shards), frozenset(node for nodes in self.nodes for node in nodes))

    def _row(self, shard: int) -> int:
        return shard * self.samples // self.shards


@lru_cache(maxsize=64)
def cut(samples: int, shards: int, ranks: int) -> Cut:
    """The cut of a batch; kept, since an epoch has batches of two sizes at most."""
    return Cut(samples, shards, ranks)
