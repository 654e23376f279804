"""What a system hands over to be measured."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from fastconv.benchmark.rows import Row
from fastconv.types import Array


class Task(NamedTuple):
    """One pass of one row, ready to run: operands lie where they belong."""

    call: Callable[[], Any]
    """What is timed."""
    arrays: Callable[[Any], list[Array]]
    """The arrays, logically (N, C, H, W), of what the call returned."""
    algorithm: str = ""
    """What `fastconv.chosen` says of the pass, where there is a choice."""


class System(Protocol):
    """A library that runs rows."""

    def task(self, row: Row, which: str) -> Task:
        """One pass of one row."""

    def describe(self) -> dict[str, str]:
        """Names and versions for the head of the report, with the number of threads in use."""
