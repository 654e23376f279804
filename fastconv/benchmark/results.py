"""What came out of a row, and what many rows come to."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from fastconv.benchmark import work
from fastconv.benchmark.peers import OURS
from fastconv.benchmark.rows import Row

EVEN = 0.97
"""A ratio from here on counts as not slower."""
FREE = 0.95
"""Share of the CPU that has to be free."""


@dataclass
class Result:
    """One pass of one row: seconds a call of each system in each round, or why there are none."""

    row: Row
    which: str
    rounds: dict[str, list[float]] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    """Seconds of each system's first call, in which it compiles."""
    memory: dict[str, float] = field(default_factory=dict)
    """Bytes that each system's pass takes, of networks, where the system tells it."""
    failure: str = ""
    algorithm: str = ""
    """What fastconv chose, where there is a choice."""

    def seconds(self, system: str = OURS) -> float:
        """A system's time: the median of its rounds, NaN without any."""
        return median(self.rounds[system]) if self.rounds.get(system) else math.nan

    @property
    def best_peer(self) -> str | None:
        """The fastest other system."""
        return min((name for name in self.rounds if name != OURS), key=self.seconds, default=None)

    @property
    def ratio(self) -> float:
        """The best peer's time over fastconv's: above 1 fastconv is faster; NaN without a peer."""
        return self.seconds(self.best_peer) / self.seconds() if self.best_peer else math.nan

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest ratio to the best peer among the rounds."""
        if not self.best_peer:
            return math.nan, math.nan
        pairs = zip(self.rounds[self.best_peer], self.rounds[OURS], strict=True)
        ratios = [theirs / ours for theirs, ours in pairs]
        return min(ratios), max(ratios)

    @property
    def slower(self) -> bool:
        """Whether the best peer is faster by more than noise."""
        return self.ratio < EVEN

    @property
    def operations(self) -> float:
        """Operations a second of fastconv; 0 for what moves numbers only."""
        return work.operations(self.row, self.which) / self.seconds()

    @property
    def bytes(self) -> float:
        """Bytes a second of fastconv, if each array moved once."""
        return work.traffic(self.row, self.which) / self.seconds()


@dataclass(frozen=True)
class Peak:
    """What the machine can do at most, a second."""

    operations: float
    bytes: float
    cpu: float = 1.0
    """Share of the CPU that was free while this was measured."""

    @property
    def busy(self) -> str:
        """A warning where other programs took too much of the CPU, else empty."""
        if self.cpu >= FREE:
            return ""
        return f"other programs took {1 - self.cpu:.0%} of the CPU: THESE FIGURES ARE NOT TO BE TRUSTED"

    def best(self, other: "Peak") -> "Peak":
        """The higher of two measurements of the same machine, with the lower share of the CPU."""
        return Peak(
            max(self.operations, other.operations), max(self.bytes, other.bytes), min(self.cpu, other.cpu)
        )


def geometric_mean(values: Iterable[float]) -> float:
    """The geometric mean of what is a number; NaN without any."""
    logs = [math.log(value) for value in values if not math.isnan(value)]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def means(results: Sequence[Result]) -> list[tuple[str, dict[str, float], float]]:
    """Geometric means of the ratios: for each set, by pass and in all; the last is that of all sets."""
    sets = list(dict.fromkeys(result.row.set for result in results))
    groups = [(name, [r for r in results if r.row.set == name]) for name in sets]
    if len(groups) > 1:
        groups.append(("all", list(results)))
    table = []
    for name, members in groups:
        passes = dict.fromkeys(r.which for r in members)
        by_pass = {p: geometric_mean(r.ratio for r in members if r.which == p) for p in passes}
        table.append((name, by_pass, geometric_mean(r.ratio for r in members)))
    return table


def slow(results: Iterable[Result]) -> list[Result]:
    """The results in which a peer is faster, the slowest first."""
    return sorted((r for r in results if r.slower), key=lambda r: r.ratio)
