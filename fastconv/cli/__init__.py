"""The command `fastconv`. Each command is one module here with a function `run(options) -> exit status`.

`import_` is `import`, which is no name of a module.
"""

import importlib
import io
import keyword
import os
import sys
import warnings
from collections.abc import Sequence

BAD_INPUT = (ValueError, OSError, ImportError)
"""What the library raises for a shape, a value, a file or a setting of the machine that it cannot take."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status.

    0: done; 1: a check failed, or something unexpected happened; 2: bad input; 130: interrupted.
    Whatever goes wrong is one line on the standard error output; `--traceback` shows the rest.
    """
    _open()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: _say("warning", str(message))
            status = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone; without a new end for what is still buffered Python complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return status


def _open() -> None:
    """Make outputs fit for any text, also those that the shell has closed."""
    sys.stdout, sys.stderr = sys.stdout or io.StringIO(), sys.stderr or io.StringIO()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _run(arguments: Sequence[str]) -> int:
    try:
        from fastconv.cli.arguments import (
            parse,
        )  # imported here, where Ctrl-C gives one line, since it takes time

        options = parse(arguments)
        module = options.command + "_" * keyword.iskeyword(options.command)
        status: int = importlib.import_module(f"fastconv.cli.{module}").run(options)
        return status
    except SystemExit as stop:  # argparse, after --help and --version
        return int(stop.code or 0)
    except BrokenPipeError:
        raise
    except KeyboardInterrupt as stop:
        return _fail(str(stop) or "interrupted", 130, stop)
    except Exception as error:
        if "--traceback" in arguments:
            raise
        if isinstance(error, BAD_INPUT):
            return _fail(_text(error), 2, error)
        text = f"unexpected {type(error).__name__}: {_text(error)} (--traceback shows where)"
        return _fail(text, 1, error)


def _fail(message: str, status: int, error: BaseException) -> int:
    """Say what went wrong, and end the other ranks, where the command runs in several."""
    failure = sys.modules.get("fastconv.training.parallel.failure")
    _say("error", message if failure is None else f"{failure.wait(error)}{message}")
    if failure is not None:
        failure.end(status)
    return status


def _say(kind: str, message: str) -> None:
    print(f"fastconv: {kind}: {' '.join(message.removeprefix('fastconv: ').split())}", file=sys.stderr)


def _text(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)
