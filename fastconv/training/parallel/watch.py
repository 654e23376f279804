"""A process beside the ranks of a host that says which of them was killed: the others no longer can."""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
from typing import Any

_PROGRAM = """
import os, select, sys
ranks = {os.pidfd_open(int(pid)): rank for pid, rank in (item.split(":") for item in sys.argv[2:])}
poll = select.poll()
for pidfd in ranks:
    poll.register(pidfd, select.POLLIN)
ended = min(ranks[pidfd] for pidfd, _ in poll.poll())
sys.stderr.write(f"fastconv: rank {ended} of {sys.argv[1]}: was killed\\n")
"""
"""The first rank that ends without having ended this program is one that something killed."""

_watcher = 0


def begin(comm: Any, host: Any) -> None:
    """Starts the process, one for the ranks of a host; Linux alone has what it needs."""
    global _watcher
    ranks = host.allgather((os.getpid(), comm.Get_rank()))
    if hasattr(os, "pidfd_open") and host.Get_rank() == 0:
        command = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(comm.Get_size())]
        given = [f"{process}:{rank}" for process, rank in ranks]
        # In a session of its own, since what ends a rank may end its whole group.
        child = subprocess.Popen([*command, *given], stdin=subprocess.DEVNULL, start_new_session=True)
        child.returncode = 0  # nobody waits for it
        _watcher = child.pid
    _watcher = host.bcast(_watcher)
    atexit.register(end)


def end() -> None:
    """Ends it: from now on a rank that ends was not killed."""
    global _watcher
    if _watcher:
        with contextlib.suppress(OSError):
            os.kill(_watcher, signal.SIGKILL)
    _watcher = 0
