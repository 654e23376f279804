"""Runs of several ranks of one thread each, and of one process with as many threads."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

NETWORKS = {"vgg_cifar": "64x3x32x32", "lenet5": "64x1x28x28", "resnet20": "64x3x32x32"}
"""The networks, and the shape of a batch."""


class Figures(NamedTuple):
    """What one run found of a step: seconds, of these inside MPI, bytes and messages that a rank sends.

    `ranks` 0 is one process without shards, with `threads` threads. `output` are the bytes of outputs and
    targets of a batch, `parameters` those of the gradients; `latency` and `bandwidth` are those between two
    ranks, 0 where there are none.
    """

    network: str
    ranks: int
    threads: int
    seconds: float
    steps: int
    inside: float = 0.0
    bytes: float = 0.0
    messages: float = 0.0
    output: int = 0
    parameters: int = 0
    latency: float = 0.0
    bandwidth: float = 0.0


def measure(network: str, ranks: int, shards: int, seconds: float, threads: int = 1) -> Figures:
    """One run; with `ranks` 0 that of one process. ValueError where it fails or there is no mpiexec."""
    program = ["-m", "fastconv.benchmark.ranks.program", network, NETWORKS[network]]
    command = [sys.executable, *program, "0"] if not ranks else [
        mpiexec(), "-n", str(ranks), sys.executable, *program, str(shards)
    ]  # fmt: skip
    environment = {**os.environ, "NUMBA_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [*command, str(seconds)], capture_output=True, text=True, env=environment, check=False
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise ValueError(
            f"--ranks: {ranks} ranks of {network} ended: {said[-1] if said else done.returncode}"
        )
    return Figures(network, ranks, threads, **json.loads(lines[-1]))


def mpiexec() -> str:
    """The launcher of this environment, or the one on the path; ValueError where there is none."""
    beside = Path(sys.executable).with_name("mpiexec")
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        raise ValueError("--ranks: got no mpiexec, needs one: pip install 'fastconv[mpi]'")
    return found
