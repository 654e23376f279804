"""Runs of `scenarios.py` by several ranks."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastconv as fc
from fastconv import nn, optim

pytest.importorskip("mpi4py")
HERE = Path(__file__).parent


def launcher():
    """The `mpiexec` of the environment, or another on the path."""
    beside = Path(sys.executable).with_name("mpiexec")
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        pytest.skip("there is no mpiexec")
    return found


@pytest.fixture
def run(tmp_path):
    """Runs scenarios in a folder of the test's own; the process that has ended."""

    def of(ranks, *names, prefix=(), options=(), seconds=300):
        program = [sys.executable, "-m", "mpi4py", str(HERE / "scenarios.py"), str(tmp_path), *names]
        chosen = {name: value for name, value in os.environ.items() if name != "NUMBA_NUM_THREADS"}
        return subprocess.run(
            [*prefix, launcher(), *options, "-n", str(ranks), *program],
            capture_output=True, text=True, timeout=seconds, env=chosen, check=False,
        )  # fmt: skip

    return of


@pytest.fixture
def found(tmp_path):
    """What a scenario recorded."""
    return lambda ranks, name: json.loads((tmp_path / f"{name}-{ranks}.json").read_text())


@pytest.fixture
def digits():
    """Small images and their classes."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((12, 1, 4, 4), dtype=np.float32), np.arange(12) % 3


@pytest.fixture
def trainer():
    """Makes a trainer of a small network with more layers in it, in some shards."""

    def make(*more, shards=None, seed=0, **options):
        model = nn.Sequential(nn.Conv2d(1, 2, 3), *more, nn.ReLU(), nn.Flatten(), nn.Linear(8, 3), seed=seed)
        parallel = None if shards is None else fc.parallel.MPI(shards)
        optimizer = optim.SGD(model.parameters(), 0.1)
        return fc.Trainer(model, nn.CrossEntropyLoss(), optimizer, parallel=parallel, **options)

    return make


@pytest.fixture(autouse=True)
def on_the_reference():
    """There is nothing here that depends on the kernels but what `scenarios.py` runs."""
    with fc.backend("reference"):
        yield
