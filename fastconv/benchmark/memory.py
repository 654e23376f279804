"""How much memory calls need: the peak of this process, where the system tells it (Linux does)."""

import contextlib
import ctypes
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

CALLS = 3
"""Calls during which the peak is taken, after the one that prepares."""

_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def resident() -> int | None:
    """Bytes in memory, without what nobody uses any more; None where the system does not tell."""
    _give_back()
    return _figure("VmRSS")


def growth(before: int | None, call: Callable[[], Any]) -> int | None:
    """Bytes by which the peak during calls is above `before`; None where the system does not tell.

    Of the first call, which may compile, counts what stays in memory.
    """
    call()
    _give_back()
    try:
        _FORGET.write_text("5")  # the peak begins anew
    except OSError:
        return None
    for _ in range(CALLS):
        call()
    peak = _figure("VmHWM")
    return None if before is None or peak is None else max(0, peak - before)


def _figure(name: str) -> int | None:
    """A figure of the process in bytes."""
    with contextlib.suppress(OSError):
        for line in _STATUS.read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return 1024 * int(line.split()[1])
    return None


def _give_back() -> None:
    """Free memory goes back to the system, that which the C library keeps included."""
    gc.collect()
    with contextlib.suppress(AttributeError, OSError, TypeError):  # other C libraries have no such function
        ctypes.CDLL(None).malloc_trim(0)
