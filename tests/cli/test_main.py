import os
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest

from fastconv import __version__
from fastconv.cli import info

COMMANDS = ("train", "evaluate", "predict", "export", "import", "explain", "verify", "bench", "info")
PYTHON = (sys.executable, "-m", "fastconv")


def test_help_lists_every_command(fastconv):
    result = fastconv("--help")
    assert (result.status, result.err) == (0, "")
    for command in COMMANDS:
        assert f"\n    {command} " in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(fastconv, command):
    result = fastconv(command, "--help")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(f"usage: fastconv {command} ")


def test_version(fastconv):
    assert fastconv("--version") == (0, f"fastconv {__version__}\n", "")


def test_no_command(refused):
    assert refused() == "the following arguments are required: COMMAND (see fastconv --help)"


def test_unknown_command(refused):
    assert refused("trian").startswith("argument COMMAND: invalid choice: 'trian' (choose from ")


def test_options_are_not_abbreviated(refused):
    assert refused("train", "--epo", "3") == "unrecognized arguments: --epo 3 (see fastconv --help)"


def raising(error):
    def run(options):
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ValueError("stride: got 0,\n needs 1"), 2, "stride: got 0, needs 1"),
        (FileNotFoundError("idx: a: no such file"), 2, "idx: a: no such file"),
        (FileNotFoundError(2, "No such file or directory", "a.png"), 2, "a.png: No such file or directory"),
        (PermissionError(13, "Permission denied", "/runs"), 2, "/runs: Permission denied"),
        (KeyError("x"), 1, "unexpected KeyError: 'x' (--traceback shows where)"),
        (MemoryError("too much"), 1, "unexpected MemoryError: too much (--traceback shows where)"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_errors_are_one_line(fastconv, monkeypatch, error, status, line):
    monkeypatch.setattr(info, "run", raising(error))
    assert fastconv("info") == (status, "", f"fastconv: error: {line}\n")


def test_traceback_on_request(fastconv, monkeypatch):
    monkeypatch.setattr(info, "run", raising(ValueError("here")))
    with pytest.raises(ValueError, match="here"):
        fastconv("info", "--traceback")


def test_warnings_are_one_line_each(fastconv, monkeypatch):
    def run(options):
        warnings.simplefilter("always")
        warnings.warn("fastconv: the cache\ncannot be kept", RuntimeWarning, stacklevel=1)
        return 0

    monkeypatch.setattr(info, "run", run)
    assert fastconv("info") == (0, "", "fastconv: warning: the cache cannot be kept\n")


def test_the_status_of_the_command_is_the_status(fastconv, monkeypatch):
    monkeypatch.setattr(info, "run", lambda options: 1)
    assert fastconv("info") == (1, "", "")


def test_module_runs_as_a_program():
    done = subprocess.run([*PYTHON, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"fastconv {__version__}\n"
    failed = subprocess.run([*PYTHON, "train", "--epochs", "x"], capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stdout == ""
    problem = "argument --epochs: got x, needs a whole number from 1 up"
    assert failed.stderr == f"fastconv: error: {problem} (see fastconv train --help)\n"


@pytest.mark.skipif(os.name != "posix", reason="asks a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_outputs(closed):
    command = ["sh", "-c", f'"$0" -m fastconv --version {closed}', sys.executable]
    done = subprocess.run(command, capture_output=True, text=True)
    said = f"fastconv {__version__}\n" if closed == "2>&-" else ""
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
    done = subprocess.run([*command[:2], command[2].replace("--version", "info"), *command[3:]])
    assert done.returncode == 0


def test_text_that_the_output_cannot_encode(bars, tmp_path):
    with np.load(bars) as arrays:
        np.savez(tmp_path / "a.npz", **{**arrays, "classes": np.array(["Käfer", "cat", "dog"])})
    command = [*PYTHON, "train", "--backend", "reference", "--epochs", "1", "--data", f"npz:{tmp_path}/a.npz"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    run = {"capture_output": True, "text": True, "env": environment, "cwd": tmp_path}
    assert subprocess.run(command, **run).returncode == 0
    command = [*PYTHON, "evaluate", "runs/a-digits-1/model.safetensors", "--data", f"npz:{tmp_path}/a.npz"]
    done = subprocess.run([*command, "--backend", "reference"], **run)
    assert (done.returncode, done.stderr) == (0, "")
    assert "K?fer" in done.stdout


INTERRUPTED = """
import sys
class Finder:
    def find_spec(self, name, *_):
        if name == "numpy":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Finder())
from fastconv.cli import main
sys.exit(main(["info"]))
"""


def test_an_interrupted_import_is_one_line():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "fastconv: error: interrupted\n")


def test_a_reader_that_goes_away_is_no_error():
    with subprocess.Popen([*PYTHON, "explain"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_interrupting_a_training_leaves_one_line_and_no_folder(tmp_path):
    command = [*PYTHON, "train", "--backend", "reference", "--epochs", "1000", "--out", str(tmp_path / "run")]

    def heed():  # a shell's background jobs, these tests perhaps among them, ignore the signal
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, preexec_fn=heed, **pipes) as child:
        while not child.stdout.readline().startswith("training"):
            assert child.poll() is None
        assert (tmp_path / "run").is_dir()
        child.send_signal(signal.SIGINT)
        assert child.communicate()[1] == "fastconv: error: interrupted\n"
    assert child.returncode == 130
    assert not (tmp_path / "run").exists()
