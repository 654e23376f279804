"""What is made or said once a process, whichever threads of Python come first."""

import functools
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
_warned: set[str] = set()


def once(function: Function) -> Function:
    """`functools.cache` under a lock: for each argument the function runs once, and others wait for it."""
    results: dict[tuple[Any, ...], Any] = {}
    lock = threading.RLock()

    @functools.wraps(function)
    def found(*arguments: Any) -> Any:
        if arguments not in results:
            with lock:
                if arguments not in results:
                    results[arguments] = function(*arguments)
        return results[arguments]

    found.forget = results.clear  # type: ignore[attr-defined]
    return found  # type: ignore[return-value]


def warn_once(reason: str) -> None:
    """Warn the caller of the library, for each reason once a process."""
    if reason not in _warned:
        _warned.add(reason)  # before the warning, which may be an error
        warnings.warn(f"fastconv: {reason}", RuntimeWarning, stacklevel=_caller())


def _caller() -> int:
    """How far above `warn_once` the first frame is that is neither ours nor Numba's."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(("fastconv", "numba")):
        level, frame = level + 1, frame.f_back
    return level
