"""What the process has chosen, where blocks in several threads may end in any order."""

import threading
import weakref
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class Choices(Generic[Value]):
    """The choices of one thing, newest last: the newest that nobody took back is in force.

    **Arguments:**

    - `value`: what holds as long as nobody chooses.
    """

    def __init__(self, value: Value) -> None:
        self.entries: list[tuple[Value, weakref.ref[Any] | None]] = [(value, None)]
        self._lock = threading.Lock()

    @property
    def now(self) -> Value:
        """What is in force."""
        return self.entries[-1][0]

    def choose(self, value: Value, owner: object) -> None:
        """Choose a value, until its owner takes it back."""
        with self._lock:
            # A choice whose owner is gone will not be taken back: the older ones can be forgotten.
            settled = max(i for i, (_, ref) in enumerate(self.entries) if ref is None or ref() is None)
            self.entries[:] = [*self.entries[settled:], (value, weakref.ref(owner))]

    def take_back(self, owner: object) -> None:
        """Forget what an owner has chosen."""
        with self._lock:
            self.entries[:] = [entry for entry in self.entries if entry[1] is None or entry[1]() is not owner]
