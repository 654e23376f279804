"""Child processes as the parent sees them."""

import json
import os
import subprocess
import sys
import tempfile
from types import TracebackType
from typing import Any, Self

START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from fastconv.benchmark import worker; worker.main(sys.argv[2], int(sys.argv[3]))"
)
"""A child finds the packages where its parent does, whatever the folder it starts in."""

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
"""The environment variables that set the threads of each library."""


class ChildError(Exception):
    """A child that ended, or could not do what it was asked; says why in one line."""


class Child:
    """One system in a process of its own, which sleeps until it is asked."""

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the process)
        environment = {**os.environ, **dict.fromkeys(THREADS, str(threads))}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", START, json.dumps(sys.path), name, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment,
            encoding="utf-8",
        )

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """Send a request and wait for the reply; ChildError where the answer is a failure or none."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(json.dumps({"do": do, **request}), file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise ChildError(self._last_words())
        reply: dict[str, Any] = json.loads(answer)
        if "failure" in reply:
            raise ChildError(reply["failure"])
        return reply

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()

    def _last_words(self) -> str:
        status = self.process.wait()
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        ended = f"ended by signal {-status}" if status < 0 else f"ended with status {status}"
        return f"{ended}: {lines[-1].strip()}" if lines else ended


class Children:
    """A child for each system, started when it is first asked and again when it has ended."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """End all processes; who is asked next begins in a fresh one."""
        for child in self.children.values():
            child.close()
        self.children.clear()

    def ask(self, name: str, do: str, **request: Any) -> dict[str, Any]:
        """Ask one system; ChildError as `Child.ask`, with the name of the system before it."""
        child = self.children.get(name)
        if child is None or not child.alive:
            if child is not None:
                child.close()
            child = self.children[name] = Child(name, self.threads)
        try:
            return child.ask(do, **request)
        except ChildError as error:
            raise ChildError(f"{name}: {error}") from None
