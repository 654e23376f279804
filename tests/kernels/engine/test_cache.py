"""Compiled kernels on disk: found again, healed when damaged, done without where the disk refuses."""

import os
import shutil
import subprocess
import sys
from itertools import cycle

import pytest

RUN = """
import numpy as np
from fastconv import kernels
x = np.arange(12, dtype=np.float32).reshape(2, 6) - 5
print(kernels.relu(x).sum(), kernels.linear_bias(x).sum())
from fastconv.kernels.activation import elementwise
print(sum(elementwise._values.compiled.stats.cache_hits.values()))
"""


def start(folder, code=RUN, warnings="error"):
    return subprocess.Popen(
        [sys.executable, "-W", warnings, "-c", code], env={**os.environ, "NUMBA_CACHE_DIR": str(folder)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process):
    output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    total, bias, hits = output.split()
    assert (float(total), float(bias)) == (21.0, 6.0)
    return int(hits), errors


def files(folder):
    return sorted(folder.rglob("*.kernel"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder that four processes have filled, which found it empty together."""
    folder = tmp_path_factory.mktemp("home")
    for process in [start(folder) for _ in range(4)]:
        finish(process)
    return folder


def test_many_processes_at_once(home):
    """Those that come later find the kernels, together too."""
    kept = files(home)
    assert kept
    assert [finish(process)[0] for process in [start(home) for _ in range(4)]] == [1] * 4
    assert files(home) == kept
    assert list(home.rglob("*.part")) == []


def test_damaged_files_are_replaced(home, tmp_path):
    """Whatever has become of each: `test_disk` has what is refused."""
    folder = shutil.copytree(home, tmp_path / "home")
    sound = files(folder)
    ways = [lambda data: data[:40] + b"x" + data[41:], lambda data: data[:-100], lambda data: b""]
    for path, damage in zip(sound, cycle(ways)):
        path.write_bytes(damage(path.read_bytes()))
    assert finish(start(folder))[0] == 0
    assert finish(start(folder))[0] == 1
    assert files(folder) == sound


@pytest.mark.parametrize("level", ["0", "1"])
def test_kernels_at_a_low_optimisation_level(tmp_path, monkeypatch, level):
    monkeypatch.setenv("NUMBA_OPT", level)
    finish(start(tmp_path))


PLACES = "NUMBA_CACHE_DIR", "HOME", "XDG_CACHE_HOME"
NO_HOME = """
import pathlib
def nobody(self):
    raise RuntimeError("Could not determine home directory.")
pathlib.Path.expanduser = nobody
"""


def test_a_user_without_a_home(tmp_path):
    """One warning that names the way out, no cache, and the work is done."""
    environment = {k: v for k, v in os.environ.items() if k not in PLACES}
    process = subprocess.run(
        [sys.executable, "-c", NO_HOME + RUN], env=environment, capture_output=True, text=True, timeout=600
    )
    assert process.stdout.split() == ["21.0", "6.0", "0"], process.stderr
    assert (
        process.stderr.count("RuntimeWarning: fastconv: no folder for compiled kernels, NUMBA_CACHE_DIR") == 1
    )


THREE_CALLS = """
import numpy as np
from fastconv import functional as F
for size in 3, 4, 5:
    try:
        print(F.relu(np.ones(size, np.float32)).sum())
    except RuntimeWarning:
        print("warned")
"""


@pytest.mark.parametrize("before", ["", NO_HOME])
def test_a_warning_that_is_an_error_comes_once(tmp_path, monkeypatch, before):
    (tmp_path / "fastconv").write_text("a file where the folder should be")
    if before:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    output, errors = start("" if before else tmp_path, before + THREE_CALLS).communicate(timeout=600)
    assert output.split() == ["warned", "4.0", "5.0"], errors


def test_a_folder_that_cannot_be_made(tmp_path):
    """One warning, which points at the call, and the work is done."""
    (tmp_path / "fastconv").write_text("a file where the folder should be")
    output, errors = start(tmp_path, THREE_CALLS, warnings="default").communicate(timeout=600)
    assert output.split() == ["3.0", "4.0", "5.0"]
    assert errors.startswith("<string>:6: RuntimeWarning: fastconv: compiled kernels cannot be kept in ")
    assert errors.count("RuntimeWarning: fastconv: compiled kernels cannot be kept") == 1
