"""What an error in one rank does: it is said in one line that names the rank, and all ranks end."""

import sys
import time
from types import TracebackType
from typing import Any

from fastconv.training.parallel import watch

TURN = 0.3
"""Seconds after which the next rank speaks: where all fail alike, the first one has ended them by then."""
TURNS = 10
"""The most that a rank waits for."""
WRITING = 5.0
"""Seconds that the others leave rank 0, when the user ends the run, to write what there is."""
FORWARDING = 0.2
"""Seconds in which mpiexec reads what was said: when the run ends, it drops what it has not read."""

_comm: Any = None


def ends_all(comm: Any) -> None:
    """From now on an error that nobody catches ends all ranks of `comm`."""
    global _comm
    if _comm is None:
        sys.excepthook = _uncaught
    _comm = comm


def wait(error: BaseException) -> str:
    """Waits for this rank's turn to say what went wrong; what the line begins with, `rank 1 of 4: `.

    It is empty, at once, where there are no ranks.
    """
    if _comm is None:
        return ""
    rank = _comm.Get_rank()
    interrupted = rank > 0 and isinstance(error, KeyboardInterrupt)
    time.sleep(WRITING if interrupted else TURN * min(rank, TURNS))
    return f"rank {rank} of {_comm.Get_size()}: "


def end(status: int) -> None:
    """Ends all ranks, where there are several, with this status."""
    if _comm is not None:
        watch.end()
        sys.stdout.flush()
        sys.stderr.flush()
        time.sleep(FORWARDING)
        _comm.Abort(status)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Python's own account of it, then one line, then the end."""
    place = wait(error)
    sys.__excepthook__(kind, error, trace)
    sys.stderr.write(f"fastconv: {place}{kind.__name__}: {' '.join(str(error).split())}\n")
    end(1)
