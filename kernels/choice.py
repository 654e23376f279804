"""The rows of the tables that choose an algorithm: ordered, and the first row that fits computes."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Algorithm(NamedTuple):
    """One way to compute something: when it is taken, what it wins, and how it is planned.

    `fits` tells of a problem whether this algorithm can compute it and is worth it, given that no row above
    did; `where` says the same in words. `plans` has a function for each pass that it computes, which takes
    the problem and gives what runs.
    """

    name: str
    where: str
    why: str
    fits: Callable[[Any], bool]
    plans: Mapping[str, Callable[..., Any]]
