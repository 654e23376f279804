"""Kernels compiled by several processes: each takes some of them, and leaves them on disk for the others.

Numba compiles one function at a time in a process. So where many are missing, further processes of this
Python compile a share each, and whoever needs a kernel then loads it.
"""

import os
import pickle
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numba

from .disk import folder

FEW = 6
"""Missing kernels up to which this process compiles all: another one needs a second to begin."""
MOST = 8
"""Most processes."""
_PROGRAM = "from fastconv.kernels.engine.workshop import work; work()"


class Order(NamedTuple):
    """A kernel to compile: where its function is, and the types of its arguments."""

    module: str
    name: str
    types: tuple[Any, ...]


def ordered(orders: Sequence[Order]) -> list[subprocess.Popen[bytes]]:
    """Processes that compile all but the first share of the orders; none where that does not help.

    The first share is for the caller, who then waits for the processes (`finish`).
    """
    count = min(MOST, os.cpu_count() or 1)
    python = re.fullmatch(r"python[\d.]*(\.exe)?", Path(sys.executable or "").name)
    if len(orders) <= FEW or count < 2 or folder() is None or not python:
        return []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    if numba.config.CACHE_DIR:
        environment["NUMBA_CACHE_DIR"] = numba.config.CACHE_DIR
    started = []
    for share in range(1, count):
        with suppress(OSError):
            process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM], env=environment,
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            started.append(process)
            assert process.stdin is not None
            with suppress(OSError):  # it ended early: the caller compiles its share
                process.stdin.write(pickle.dumps(list(orders[share::count])))
                process.stdin.close()
    return started


def finish(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait for all: what one has not left on disk, the caller compiles."""
    for process in processes:
        process.wait()


def work() -> None:
    """Compile what stands in the standard input."""
    for module, name, types in pickle.load(sys.stdin.buffer):
        getattr(import_module(module), name).compiled.compile(types)
