import os
import signal
import subprocess
import sys

import pytest

from fastconv.training.parallel import watch

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="this system has no pidfd")


class Comm:
    """The only rank of a host, of two in all."""

    def Get_rank(self):  # noqa: N802 - mpi4py's names
        return 0

    def Get_size(self):  # noqa: N802
        return 2

    def allgather(self, value):
        return [value]

    def bcast(self, value):
        return value


def test_the_process_ends_when_it_is_told():
    watch.begin(Comm(), Comm())
    watcher = watch._watcher
    assert os.waitpid(watcher, os.WNOHANG) == (0, 0)
    watch.end()
    assert os.waitpid(watcher, 0)[1] == signal.SIGKILL
    assert watch._watcher == 0


def test_it_names_the_first_that_ends():
    ranks = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in range(3)]
    given = [f"{process.pid}:{rank}" for rank, process in enumerate(ranks)]
    watcher = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", watch._PROGRAM, "3", *given], stderr=subprocess.PIPE, text=True
    )
    assert watcher.poll() is None
    ranks[1].kill()
    assert watcher.communicate(timeout=30)[1] == "fastconv: rank 1 of 3: was killed\n"
    for process in ranks:
        process.communicate(b"\n")
