import contextlib
import io
import signal
from typing import NamedTuple

import numpy as np
import pytest

from fastconv.cli import main


@pytest.fixture(autouse=True)
def _twins(reference):
    """What tests compute beside the commands runs on the twins; a command has its own `--backend`."""


class Result(NamedTuple):
    status: int
    out: str
    err: str


def run_command(*arguments):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(argument) for argument in arguments])
    return Result(status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def fastconv():
    """Run a command in this process: `fastconv("train", "--epochs", 1)`."""
    return run_command


@pytest.fixture(scope="session")
def refused():
    """Run a command that ends with status 2 and one line; return the line's message."""

    def run(*arguments):
        result = run_command(*arguments)
        assert (result.status, result.out) == (2, "")
        (line,) = result.err.splitlines()
        start = "fastconv: error: "
        assert line.startswith(start)
        return line.removeprefix(start)

    return run


@pytest.fixture(scope="session")
def bars(tmp_path_factory):
    """A file with 60 grey images of 6 x 8: a bright bar on the left, in the middle or on the right."""
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    images = rng.integers(0, 90, (60, 6, 8), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, 1 + 2 * label : 3 + 2 * label] += 120
    path = tmp_path_factory.mktemp("data") / "bars.npz"
    np.savez(path, images=images, labels=labels, classes=np.array(["left", "middle", "right"]))
    return path


@pytest.fixture(scope="session")
def trained(fastconv, bars, tmp_path_factory):
    """The result of a short training on the bars, and its folder."""
    folder = tmp_path_factory.mktemp("runs") / "bars"
    small = ("--epochs", 4, "--batch-size", 8, "--lr", 0.01, "--backend", "reference")
    return fastconv("train", "--data", f"npz:{bars}", "--out", folder, *small), folder


@pytest.fixture(scope="session")
def model(trained):
    """The file of the trained model."""
    return trained[1] / "model.safetensors"


@pytest.fixture
def usual_signals():
    """The handlers that Python starts with: a shell's background jobs ignore Ctrl-C."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
