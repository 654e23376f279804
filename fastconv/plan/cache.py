"""The plans of one model: one for each kind of input, the least recently made ones forgotten in turn."""

from collections.abc import Callable
from typing import Any

from fastconv import backends
from fastconv.attributes import Settings
from fastconv.plan.prediction import Prediction
from fastconv.plan.record import UnplannedError
from fastconv.types import Array

MOST = 16
"""Plans that a model keeps."""


class Plans:
    """What a model has planned; copies of the model, and pickled ones, begin without plans."""

    def __init__(self) -> None:
        self._found: dict[Any, Prediction | str] = {}
        self._holds: tuple[object, object] = (None, None)

    def prediction(self, x: Array, make: Callable[[Array], Prediction]) -> Prediction | None:
        """The plan for inputs like x, which `make` makes where there is none; None if there can be none."""
        if not (backends.plannable() and x.flags.aligned):
            return None
        key = x.shape, x.strides, x.dtype
        found = self._found.get(key)
        if found is None or self._holds != (Settings.changes, age()):
            found = self._make(key, x, make)
        return None if isinstance(found, str) else found

    def _make(self, key: Any, x: Array, make: Callable[[Array], Prediction]) -> Prediction | str:
        holds = Settings.changes, age()
        if self._holds != holds:
            self._found.clear()
            self._holds = holds
        try:
            found: Prediction | str = make(x)
        except UnplannedError as error:
            found = str(error)
        while len(self._found) >= MOST:
            del self._found[next(iter(self._found))]
        self._found[key] = found
        return found

    def __deepcopy__(self, memo: dict[int, Any]) -> "Plans":
        return Plans()

    def __reduce__(self) -> tuple[Any, ...]:
        return Plans, ()


def age() -> object:
    """Another object whenever a setting of the kernels changed, on which plans depend."""
    from fastconv.kernels.engine import trace

    return trace.age
