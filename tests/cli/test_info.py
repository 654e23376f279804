import os
import platform
import subprocess
import sys

import numba
import numpy as np

from fastconv import __version__


def test_versions_and_machine(fastconv):
    result = fastconv("info")
    assert (result.status, result.err) == (0, "")
    start = max(line.index("   ") for line in result.out.splitlines())
    rows = {line[:start].strip(): line[start:].strip() for line in result.out.splitlines()}
    assert rows["fastconv"] == __version__
    assert rows["Python"].startswith(platform.python_version())
    assert rows["NumPy"] == np.__version__
    assert rows["Numba"] == numba.__version__
    for name in ("CPU", "lanes", "threads", "threading layer", "kernel cache"):
        assert rows[name]


def test_without_compiled_code():
    """NUMBA_DISABLE_JIT: one line that names the reference, which trains as ever."""

    def run(*arguments):
        command = [sys.executable, "-m", "fastconv", *arguments]
        return subprocess.run(
            command, env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True
        )

    info = run("info")
    assert info.returncode == 0 and "none: fastconv: NUMBA_DISABLE_JIT: got 1, needs 0" in info.stdout
    verify = run("verify")
    assert verify.returncode == 2 and verify.stderr.count("\n") == 1
    assert verify.stderr.endswith("computes without them, on the command line --backend reference\n")
    assert run("explain", "--network", "mlp").returncode == 0


def test_no_threads():
    """NUMBA_NUM_THREADS=0: Numba does not load, and the line names the variable."""
    environment = os.environ | {"NUMBA_NUM_THREADS": "0"}
    command = [sys.executable, "-m", "fastconv", "verify"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    said = "fastconv: error: NUMBA_NUM_THREADS: got 0, needs a number from 1 up\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
