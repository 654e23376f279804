"""The plans of one model: one for each kind of input, the least recently made ones forgotten in turn."""

from collections.abc import Callable
from typing import Any

from fastconv import backends
from fastconv.attributes import Settings
from fastconv.plan.planned import Unplanned
from fastconv.plan.prediction import Prediction
from fastconv.plan.record import UnplannedError
from fastconv.types import Array

MOST, LARGEST = 16, 1 << 30
"""Plans that a model keeps, and bytes of their memory in all, unless a single one has more."""


class Since:
    """Whether layers and settings are what they were when plans were made.

    **Arguments:**

    - `now`: whether that is now; else it was never.
    """

    def __init__(self, now: bool = False) -> None:
        self._changes: object = None
        if now:
            from fastconv.kernels.engine import trace

            self._changes, self._trace, self._age = Settings.changes, trace, trace.age

    def holds(self) -> bool:
        """Whether they are."""
        return self._changes is Settings.changes and self._age is self._trace.age


class Plans:
    """What a model has planned; copies of the model, and pickled ones, begin without plans."""

    def __init__(self) -> None:
        self._found: dict[Any, Prediction | Unplanned] = {}
        self._since = Since()

    def prediction(self, x: Array, make: Callable[[Array], Prediction]) -> Prediction | None:
        """The plan for inputs like x, which `make` makes where there is none; None if there can be none."""
        if not (backends.plannable() and x.flags.aligned):
            return None
        found = self._found.get((x.shape, x.strides, x.dtype))
        if found is None or not self._since.holds():
            found = self._make(x, make)
        return None if isinstance(found, Unplanned) else found

    def seen(self, x: Array, make: Callable[[Array], Prediction]) -> Prediction | Unplanned:
        """The same, with the reason where there can be none."""
        if not backends.plannable():
            return Unplanned("the backend is not numba, or fastconv.config(plan=False) is in force")
        found = self.prediction(x, make)
        return self._found[x.shape, x.strides, x.dtype] if found is None else found

    def _make(self, x: Array, make: Callable[[Array], Prediction]) -> Prediction | Unplanned:
        if not self._since.holds():
            self._found.clear()
            self._since = Since(now=True)
        try:
            found: Prediction | Unplanned = make(x)
        except UnplannedError as error:
            found = Unplanned(str(error))
        self._found[x.shape, x.strides, x.dtype] = found
        while len(self._found) > MOST or (len(self._found) > 1 and self._bytes() > LARGEST):
            del self._found[next(iter(self._found))]
        return found

    def _bytes(self) -> int:
        return sum(plan.bytes for plan in self._found.values() if isinstance(plan, Prediction))

    def __deepcopy__(self, memo: dict[int, Any]) -> "Plans":
        return Plans()

    def __reduce__(self) -> tuple[Any, ...]:
        return Plans, ()
