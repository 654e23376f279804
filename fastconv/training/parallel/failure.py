"""What an error in one rank does: it is said in one line that names the rank, and all ranks end."""

import sys
import time
from types import TracebackType
from typing import Any

PATIENCE = 5.0
"""Seconds that a rank leaves the one that speaks for all to end the run."""

_comm: Any = None


class Disagreement(ValueError):
    """An error that all ranks found in common: rank 0 says it."""


def ends_all(comm: Any) -> None:
    """From now on an error that nobody catches ends all ranks of `comm`."""
    global _comm
    if _comm is None:
        sys.excepthook = _uncaught
    _comm = comm


def end(status: int, error: BaseException | None = None) -> None:
    """Ends all ranks with this status, where there are several; the caller has said why."""
    if _comm is None or status == 0:
        return
    sys.stdout.flush()
    sys.stderr.flush()
    if isinstance(error, Disagreement) and _comm.Get_rank():
        time.sleep(PATIENCE)
    _comm.Abort(status)


def place() -> str:
    """`rank 1 of 4: `, where there are several; else nothing."""
    return "" if _comm is None else f"rank {_comm.Get_rank()} of {_comm.Get_size()}: "


def silent(error: BaseException) -> bool:
    """Whether another rank says this."""
    return isinstance(error, Disagreement) and _comm is not None and _comm.Get_rank() > 0


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Python's own account of it, then one line, then the end."""
    if not silent(error):
        sys.__excepthook__(kind, error, trace)
        text = " ".join(str(error).split())
        sys.stderr.write(f"fastconv: {place()}{kind.__name__}: {text}\n")
    end(1, error)
