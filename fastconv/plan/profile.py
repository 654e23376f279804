"""Where the time of a plan goes."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastconv.plan.table import Row, written


def timed(walk: Callable[..., None], instance: Any, steps: int, seconds: float) -> list[float]:
    """The smallest seconds of each step, over rounds of all steps in their order."""
    unpatched = np.zeros((0, 3), np.int64)
    parts = [instance.steps[i : i + 1] for i in range(steps)]
    walk(instance.steps[:0], instance.patches, instance.bases)
    empty = min(_seconds(walk, instance.steps[:0], unpatched, instance.bases) for _ in range(50))
    best = [float("inf")] * steps
    end = time.perf_counter() + seconds
    while True:
        for i, part in enumerate(parts):
            best[i] = min(best[i], _seconds(walk, part, unpatched, instance.bases))
        if time.perf_counter() > end:
            return [max(0.0, value - empty) for value in best]


def _seconds(walk: Callable[..., None], part: Any, patches: Any, bases: Any) -> float:
    start = time.perf_counter()
    walk(part, patches, bases)
    return time.perf_counter() - start


class Profile:
    """Seconds by operation. Printed, a table with their rates, and what share they are of the machine's peak.

    **Arguments:**

    - `times`: the row of each operation of a plan, and its seconds.
    """

    def __init__(self, times: Sequence[tuple[Row, float]]) -> None:
        self.times = list(times)

    @property
    def seconds(self) -> float:
        """The sum of all: a run takes longer by what operations do to each other's caches."""
        return sum(seconds for _, seconds in self.times)

    def by_layer(self) -> dict[str, float]:
        """The seconds of each layer, in the order in which they first run; "" of what belongs to none."""
        found: dict[str, float] = {}
        for row, seconds in self.times:
            found[row.layer] = found.get(row.layer, 0.0) + seconds
        return found

    def table(self, operations: float | None = None, bytes_: float | None = None) -> str:
        """The table; with the machine's peaks a second, the larger of the shares that each row reaches."""
        head = "layer", "operation", "kernels", "us", "% of time", "GFLOP/s", "GB/s", "% of peak"
        whole = self.seconds or 1.0
        rows: list[Sequence[str]] = [head]
        for row, seconds in self.times:
            rates = (row.flops / seconds, row.bytes / seconds) if seconds else (0.0, 0.0)
            peak = ""
            if operations and bytes_:
                peak = f"{100 * min(1.0, max(rates[0] / operations, rates[1] / bytes_)):.0f}"
            spent = f"{1e6 * seconds:.1f}", f"{100 * seconds / whole:.1f}"
            speed = f"{rates[0] / 1e9:.0f}" if row.flops else "", f"{rates[1] / 1e9:.0f}", peak
            rows.append((row.layer, row.operation, row.kernels, *spent, *speed))
        return written(rows, "<<<>>>>>") + f"\n\nsum {1e6 * self.seconds:,.1f} us"

    def __str__(self) -> str:
        from fastconv.plan import peak

        operations, _ = peak.operations(0.1)
        return self.table(operations, peak.copied_bytes(0.2))

    __repr__ = __str__
