import numpy as np

import fastconv as fc
from fastconv.training.parallel.buckets import Buckets
from fastconv.training.parallel.exchange import Exchange
from fastconv.training.parallel.tree import cut

ARRAYS = {"a": np.arange(3.0), "b": np.arange(2, dtype=np.float32)}


def test_the_only_rank_has_the_sums():
    """Those of several ranks are compared in test_together.py."""
    parallel = fc.parallel.MPI(4)
    exchange = Exchange(parallel, parallel.cut(8), Buckets(ARRAYS))
    exchange.ready(1, [ARRAYS["b"]])
    exchange.ready(0, [ARRAYS["a"]])
    exchange.progress()
    assert [vector.tolist() for vector in exchange.finish()] == [[0, 1, 2], [0, 1]]


class Request:
    """A message that comes at the second look."""

    def __init__(self, deliver):
        self.deliver, self.looks = deliver, 0

    def Test(self):  # noqa: N802 - mpi4py's names
        self.looks += 1
        if self.looks == 2:
            self.deliver()
        return self.looks > 1

    def Wait(self):  # noqa: N802
        if self.looks < 2:
            self.deliver()


class Lane:
    """A communicator of two ranks, of which the other one sends what this one does, plus 100."""

    def __init__(self):
        self.started = []

    def Ialltoallv(self, sent, received):  # noqa: N802
        (numbers, counts), (target, _) = sent, received
        self.started.append(("parts", numbers.size))

        def deliver():
            mine = numbers[: counts[0]]
            target[...] = np.concatenate([mine, mine + 100])

        return Request(deliver)

    def Iallgatherv(self, mine, received):  # noqa: N802
        target, lengths = received
        self.started.append(("sums", mine.size))

        def deliver():
            target[: lengths[0]] = mine
            target[lengths[0] :] = -1

        return Request(deliver)


class Two:
    rank, ranks, shards = 0, 2, 2

    def __init__(self):
        self.lanes = Lane(), Lane()


def test_buckets_are_sent_in_their_order_and_added_where_they_come():
    parallel = Two()
    exchange = Exchange(parallel, cut(4, 2, 2), Buckets(ARRAYS))
    exchange.ready(1, [ARRAYS["b"]])
    assert parallel.lanes[0].started == []
    exchange.ready(0, [ARRAYS["a"]])
    assert parallel.lanes[0].started == [("parts", 3), ("parts", 2)]
    a, b = exchange.finish()
    assert a.tolist() == [100, -1, -1]  # 1 of 3 elements is rank 0's: 0 + 100
    assert b.tolist() == [100, -1]
    assert parallel.lanes[1].started == [("sums", 1), ("sums", 1)]
