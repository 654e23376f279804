"""A child process: one system, asked over its standard input, one JSON object a line each way."""

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from fastconv.benchmark import check, exact, memory, rows, timing
from fastconv.benchmark.task import System, Task


def _fastconv(threads: int) -> System:
    from fastconv.benchmark.ours import Fastconv

    return Fastconv()


def _numpy(threads: int) -> System:
    from fastconv.benchmark.numpy_peer import NumPy

    return NumPy()


def _torch(**options: bool) -> Callable[[int], System]:
    def make(threads: int) -> System:
        from fastconv.benchmark.torch_peer import Torch

        return Torch(threads, **options)

    return make


def _jax(layout: str) -> Callable[[int], System]:
    def make(threads: int) -> System:
        from fastconv.benchmark.jax_peer import Jax

        return Jax(threads, layout)

    return make


def _onnxruntime(threads: int) -> System:
    from fastconv.benchmark.onnxruntime_peer import OnnxRuntime

    return OnnxRuntime(threads)


SYSTEMS: dict[str, Callable[[int], System]] = {
    "fastconv": _fastconv,
    "torch": _torch(),
    "torch-channels-last": _torch(channels_last=True),
    "torch-fused": _torch(fused=True),
    "numpy": _numpy,
    "jax-nchw": _jax("NCHW"),
    "jax-nhwc": _jax("NHWC"),
    "onnxruntime": _onnxruntime,
}
"""How each system is made, by its name."""


class Worker:
    """Answers requests: `prepare` a pass of a row, then any number of turns, which time it."""

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        self.system = SYSTEMS[name](threads)
        self.task: Task | None = None
        self.calls = 1

    def answer(self, do: str, **request: Any) -> dict[str, Any]:
        """Do what is asked and return when the threads of this process are asleep again."""
        answers: dict[str, Callable[..., dict[str, Any]]] = {
            "prepare": self.prepare,
            "turn": self.turn,
            "describe": self.describe,
            "peak": self.peak,
        }
        reply = answers[do](**request)
        timing.settle()
        return reply

    def prepare(self, line: str, which: str) -> dict[str, Any]:
        """Lay out the operands, make the first call, which compiles, and describe its result."""
        self.task = None  # the last row's arrays go before this one's come
        gc.collect()
        row = rows.parse(line)
        task = self.system.task(row, which)
        start = time.perf_counter()
        result = task.call()
        first = time.perf_counter() - start
        arrays = task.arrays(result)
        reply = {"first": first, "fingerprint": check.fingerprint(arrays), "algorithm": task.algorithm}
        if self.name == "fastconv":
            reply["error"] = exact.error(arrays, exact.parts(row, which))
        del result, arrays
        if row.kind == "network":
            del task
            task, reply["memory"] = self._watched(row, which)
        self.task, self.calls = task, timing.calls_per_sample(task.call)
        return reply

    def _watched(self, row: rows.Row, which: str) -> tuple[Task, int | None]:
        """The pass once more, now that everything is loaded and compiled, and the bytes that it takes."""
        if self.name == "fastconv":
            from fastconv.kernels.memory import shelf

            shelf.release()
        before = memory.resident()
        task = self.system.task(row, which)
        return task, memory.growth(before, task.call)

    def turn(self, seconds: float) -> dict[str, Any]:
        """Time the pass that was prepared."""
        assert self.task is not None
        return {"seconds": timing.turn(self.task.call, seconds, self.calls)}

    def describe(self) -> dict[str, Any]:
        """What the head of the report says of this system."""
        return {"system": self.system.describe()}

    def peak(self, seconds: float) -> dict[str, Any]:
        """What this machine can do at most; fastconv alone can tell."""
        from fastconv.plan import peak

        operations, cpu = peak.operations(seconds)
        return {"operations": operations, "cpu": cpu, "bytes": peak.copied_bytes(seconds)}


def main(name: str, threads: int) -> None:
    """Answer every line of the standard input until it ends."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing that a library prints gets among the replies
    worker = Worker(name, threads)
    gc.collect()
    gc.disable()
    for line in sys.stdin:
        try:
            reply = worker.answer(**json.loads(line))
        except Exception as error:
            reply = {"failure": f"{type(error).__name__}: {' '.join(str(error).split())}"}
        print(json.dumps(reply), file=replies, flush=True)
