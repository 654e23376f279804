"""The sums of all ranks from those that each has, while the caller goes on.

Each rank adds up one part of a bucket: it gets this part from all the others, adds in the tree's order, and
gives them the sum. MPI carries the numbers and adds none of them, because it may choose the order.
"""

from collections import deque
from typing import Any, NamedTuple

import numpy as np

from fastconv.training.parallel.buckets import Buckets, Vectors
from fastconv.training.parallel.mpi import MPI
from fastconv.training.parallel.tree import Cut, bounds, length, run
from fastconv.types import Array


class _Message(NamedTuple):
    """One under way: what tells when it has come, what is sent, what comes, and where the sum goes."""

    request: Any
    sent: Array
    received: Array
    whole: Array


class Exchange:
    """The buckets of one sum: give it each when it is `ready`, `progress` meanwhile, `finish` at the end.

    **Arguments:**

    - `parallel`: the ranks.
    - `cut`: the batch whose shards were summed.
    - `buckets`: what is summed.
    """

    def __init__(self, parallel: MPI, cut: Cut, buckets: Buckets) -> None:
        self._parallel, self._cut = parallel, cut
        self._wholes = buckets.empty() if parallel.ranks > 1 else buckets.count * [np.empty(0)]
        self._ready: dict[int, Vectors] = {}
        self._started = 0
        self._parts: deque[_Message] = deque()
        self._sums: deque[_Message] = deque()

    def ready(self, bucket: int, vectors: Vectors) -> None:
        """Takes this rank's sums of a bucket, one (n,) for each of its nodes, and sends them in their turn.

        All ranks send the buckets in one order, in which MPI tells them apart.
        """
        if self._cut.ranks == 1:
            self._wholes[bucket] = vectors[0]
            return
        self._ready[bucket] = vectors
        while self._started in self._ready:
            self._start(self._started, self._ready.pop(self._started))
            self._started += 1
        self.progress()

    def _start(self, bucket: int, vectors: Vectors) -> None:
        ranks, whole = self._cut.ranks, self._wholes[bucket]
        parts = [bounds(len(whole), ranks, rank) for rank in range(ranks)]
        sent = np.concatenate([vector[part] for part in parts for vector in vectors] or [whole[:0]])
        mine = length(parts[self._parallel.rank])
        received = np.empty(mine * sum(map(len, self._cut.nodes)), whole.dtype)
        request = self._parallel.lanes[0].Ialltoallv(
            [sent, [length(part) * len(vectors) for part in parts]],
            [received, [mine * len(own) for own in self._cut.nodes]],
        )
        self._parts.append(_Message(request, sent, received, whole))

    def progress(self, wait: bool = False) -> None:
        """Goes on with what has come; with `wait`, until all has."""
        while self._parts and _came(self._parts[0], wait):
            self._add(self._parts.popleft())
        while self._sums and _came(self._sums[0], wait):
            self._sums.popleft()

    def finish(self) -> Vectors:
        """The sum of each bucket, in their order."""
        self.progress(wait=True)
        return self._wholes

    def _add(self, come: _Message) -> None:
        """Adds up this rank's part of a bucket, and gives the sum to all."""
        names = [node for nodes in self._cut.nodes for node in nodes]
        parts = dict(zip(names, np.split(come.received, len(names)), strict=True))
        (total,) = run(self._cut.whole, parts.__getitem__, lambda left, right: np.add(left, right, out=left))
        ranks = self._cut.ranks
        lengths = [length(bounds(len(come.whole), ranks, rank)) for rank in range(ranks)]
        request = self._parallel.lanes[1].Iallgatherv(total, [come.whole, lengths])
        self._sums.append(come._replace(request=request, sent=total))


def _came(message: _Message, wait: bool) -> bool:
    if wait:
        message.request.Wait()
        return True
    return bool(message.request.Test())
