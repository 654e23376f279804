"""Parameters that are updated together."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from fastconv.optim.groups import Group
from fastconv.types import Array


@dataclass
class Cohort:
    """Parameters of one group with the same number of steps and the same buffers: one call updates them.

    **Arguments:**

    - `group`: the group, whose settings hold.
    - `steps`: how many updates each of the parameters has had.
    - `idle`: whether the gradients are None, so that the parameters stay as they are.
    - `fresh`: whether a buffer is still zero.
    - `names`: the names of the parameters.
    - `arrays`: the parameters.
    - `state`: by buffer, an array for each parameter.
    """

    group: Group
    steps: int = 0
    idle: bool = False
    fresh: bool = False
    names: list[str] = field(default_factory=list)
    arrays: list[Array] = field(default_factory=list)
    state: dict[str, list[Array]] = field(default_factory=dict)

    def advance(self) -> None:
        """Counts an update."""
        self.steps += 1
        self.fresh = False

    def add(self, name: str, array: Array, state: dict[str, Array]) -> None:
        """Takes in a parameter with its buffers."""
        self.names.append(name)
        self.arrays.append(array)
        for buffer, own in state.items():
            self.state.setdefault(buffer, []).append(own)


def regrouped(cohorts: Iterable[Cohort], idle: Set[str]) -> list[Cohort]:
    """The same parameters in as few cohorts as can be, those of the names in `idle` apart."""
    found: dict[object, Cohort] = {}
    for old in cohorts:
        for index, name in enumerate(old.names):
            rests = name in idle
            key = (id(old.group), old.steps, frozenset(old.state), rests)
            cohort = found.setdefault(key, Cohort(old.group, old.steps, rests, old.fresh))
            cohort.add(name, old.arrays[index], {buffer: all_[index] for buffer, all_ in old.state.items()})
    return list(found.values())
