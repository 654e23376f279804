"""What is made at its first use is made once, whichever threads of Python come first."""

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


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
