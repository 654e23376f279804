"""What each rank runs: steps of a network; rank 0 writes what they took as JSON.

Arguments: the network, the shape of a batch (64x3x32x32), shards (0 for none, without ranks), seconds.
"""

import json
import sys
import time
from typing import Any

import numpy as np

from fastconv import models, nn, optim
from fastconv.training import Trainer
from fastconv.training.parallel import MPI
from fastconv.types import Array, Shape

WARM = 2
"""Steps before those that are timed."""
PINGS, LARGE = 100, 1 << 22
"""Round trips of an empty message, and bytes of a large one."""


class Timed(MPI):
    """The ranks, with a clock that runs while MPI is called, and the bytes that this rank sends."""

    def __init__(self, shards: int) -> None:
        super().__init__(shards)
        self._clock = Clock()

    @property
    def clock(self) -> "Clock":
        """The clock."""
        return self._clock

    @property
    def lanes(self) -> tuple[Any, Any]:
        """The communicators, on the clock."""
        first, second = super().lanes
        return _Lane(first, self._clock), _Lane(second, self._clock)

    def numbers(self, number: int) -> list[int]:
        """What each rank has, on the clock."""
        return self._clock.of(8 * (self.ranks > 1), super().numbers, number)

    def gathered(self, array: Array | None, counts: Any) -> Array:
        """The arrays of all ranks, on the clock."""
        size = 0 if array is None or self.ranks == 1 else array.nbytes
        return self._clock.of(size, super().gathered, array, counts)


class Clock:
    """Seconds inside MPI, bytes sent, messages."""

    def __init__(self) -> None:
        self.seconds, self.bytes, self.messages = 0.0, 0, 0

    def of(self, size: int, function: Any, *arguments: Any) -> Any:
        """Calls a function that sends `size` bytes; with 0 it is no message."""
        began = time.perf_counter()
        result = function(*arguments)
        self.seconds += time.perf_counter() - began
        self.bytes += size
        self.messages += size > 0
        return result


class _Lane:
    def __init__(self, comm: Any, clock: Clock) -> None:
        self._comm, self._clock = comm, clock

    def Ialltoallv(self, sent: Any, received: Any) -> "_Request":  # noqa: N802 - mpi4py's names
        return self._started(sent[0].nbytes, self._comm.Ialltoallv, sent, received)

    def Iallgatherv(self, sent: Any, received: Any) -> "_Request":  # noqa: N802
        return self._started(sent.nbytes, self._comm.Iallgatherv, sent, received)

    def _started(self, size: int, function: Any, *arguments: Any) -> "_Request":
        return _Request(self._clock.of(size, function, *arguments), self._clock)


class _Request:
    def __init__(self, request: Any, clock: Clock) -> None:
        self._request, self._clock = request, clock

    def Test(self) -> Any:  # noqa: N802
        return self._clock.of(0, self._request.Test)

    def Wait(self) -> Any:  # noqa: N802
        return self._clock.of(0, self._request.Wait)


def main(network: str, size: Shape, shards: int, seconds: float) -> None:
    """Steps of the network for so many seconds, after half as many of warm-up."""
    parallel = Timed(shards) if shards else None
    model = models.build(network, size[1:], seed=0)
    rng = np.random.default_rng(0)
    x = rng.standard_normal(size, np.float32)
    (classes,) = model.output_shape(size[1:])
    y = rng.integers(0, classes, len(x))
    optimizer = optim.SGD(model.parameters(), 1e-3, momentum=0.9)
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, parallel=parallel)
    _steps(trainer, x, y, seconds / 2)
    before = vars(parallel.clock).copy() if parallel else {}
    took = _steps(trainer, x, y, seconds)
    found: dict[str, Any] = {"seconds": float(np.median(took)), "steps": len(took)}
    if parallel:
        count = len(took) + WARM
        spent = {name: (value - before[name]) / count for name, value in vars(parallel.clock).items()}
        found |= {"inside": spent["seconds"], "bytes": spent["bytes"], "messages": spent["messages"]}
        found["output"] = len(x) * classes * x.itemsize + y.nbytes
        found["parameters"] = sum(array.nbytes for array in model.parameters().values())
        found |= _link(parallel)
    if parallel is None or parallel.rank == 0:
        sys.stdout.write(json.dumps(found))


def _steps(trainer: Trainer, x: Array, y: Array, seconds: float) -> list[float]:
    """The seconds of each step; all ranks make as many, by the clock of the first."""
    for _ in range(WARM):
        began = time.perf_counter()
        trainer.step(x, y)
    count = max(5, int(seconds / (time.perf_counter() - began)))
    if trainer.parallel:
        count = trainer.parallel.objects(count)[0]
    took = []
    for _ in range(count):
        began = time.perf_counter()
        trainer.step(x, y)
        took.append(time.perf_counter() - began)
    return took


def _link(parallel: MPI) -> dict[str, float]:
    """Latency in seconds and bandwidth in bytes per second, between the first two ranks."""
    if parallel.ranks < 2:
        return {}
    small, large = (_ping(parallel, size, count) for size, count in ((1, PINGS), (LARGE, 20)))
    return {"latency": small, "bandwidth": LARGE / large}


def _ping(parallel: MPI, size: int, count: int) -> float:
    message, took = np.zeros(size, np.uint8), []
    parallel.comm.Barrier()
    for _ in range(count if parallel.rank < 2 else 0):
        began = time.perf_counter()
        for sender in (0, 1):
            if parallel.rank == sender:
                parallel.comm.Send(message, 1 - sender)
            else:
                parallel.comm.Recv(message, 1 - parallel.rank)
        took.append((time.perf_counter() - began) / 2)
    return float(np.median(took)) if took else 0.0


if __name__ == "__main__":
    lengths = tuple(map(int, sys.argv[2].split("x")))
    main(sys.argv[1], lengths, int(sys.argv[3]), float(sys.argv[4]))
