"""Plans that are kept: one for each kind of input, the least recently made ones forgotten in turn."""

import threading
from collections.abc import Callable
from typing import Any

from fastconv import backends
from fastconv.attributes import Settings
from fastconv.collector import paused
from fastconv.plan.planned import Planned, Unplanned
from fastconv.plan.prediction import Prediction
from fastconv.plan.record import UnplannedError
from fastconv.types import Array

MOST, LARGEST = 16, 1 << 30
"""Plans that are kept, and bytes of their memory in all, unless a single one has more."""


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


class Cache:
    """Plans by what they were made for; copies, and pickled ones, begin without plans.

    **Arguments:**

    - `parts`: what a copy is made with.
    """

    def __init__(self, *parts: Any) -> None:
        self._parts = parts
        self._found: dict[Any, Any] = {}
        self._since = Since()
        self._lock = threading.Lock()

    def plan(self, key: Any, make: Callable[..., Any], *given: Any) -> Any:
        """The plan of a key, which `make(*given)` makes where there is none; `Unplanned` where it cannot."""
        found = self._found.get(key)
        if found is None or not self._since.holds():
            with self._lock:
                if not self._since.holds():
                    self._found.clear()
                    self._since = Since(now=True)
            try:
                with paused():
                    found = make(*given)
            except UnplannedError as error:
                found = Unplanned(str(error))
            self._keep(key, found)
        return found

    def _keep(self, key: Any, plan: Any) -> None:
        with self._lock:
            self._found[key] = plan
            while len(self._found) > MOST or (len(self._found) > 1 and self._bytes() > LARGEST):
                del self._found[next(iter(self._found))]

    def _bytes(self) -> int:
        return sum(plan.bytes for plan in self._found.values() if isinstance(plan, Planned))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._parts


class Plans(Cache):
    """What a model has planned of its predictions."""

    def prediction(self, x: Array, make: Callable[[Array], Prediction]) -> Prediction | None:
        """The plan for inputs like x, which `make` makes where there is none; None if there can be none."""
        if not (backends.plannable() and x.flags.aligned):
            return None
        found: Prediction | Unplanned = self.plan((x.shape, x.strides, x.dtype), make, x)
        return None if isinstance(found, Unplanned) else found

    def seen(self, x: Array, make: Callable[[Array], Prediction]) -> Prediction | Unplanned:
        """The same, with the reason where there can be none."""
        if not backends.plannable():
            return Unplanned("the backend is not numba, or fastconv.config(plan=False) is in force")
        found: Prediction | Unplanned = self.plan((x.shape, x.strides, x.dtype), make, x)
        return found
