"""NumPy and its BLAS, on dense layers."""

from collections.abc import Callable

import numpy as np

from fastconv.benchmark import inputs
from fastconv.benchmark.rows import Row
from fastconv.benchmark.task import Task
from fastconv.types import Array


class NumPy:
    """Matrix products of NumPy."""

    def task(self, row: Row, which: str) -> Task:
        """One pass of a dense layer."""
        a = inputs.arrays(row, which)
        calls: dict[str, Callable[[], Array]] = {
            "forward": lambda: _linear(a["input"], a["weight"], a.get("bias")),
            "input": lambda: a["grad_output"] @ a["weight"],
            "weight": lambda: a["grad_output"].T @ a["input"],
        }
        return Task(calls[which], lambda result: [result])

    def describe(self) -> dict[str, str]:
        """Version and BLAS."""
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return {"NumPy": f"{np.__version__}, {blas['name']} {blas['version']}"}


def _linear(x: Array, weight: Array, bias: Array | None) -> Array:
    y = x @ weight.T
    if bias is not None:
        y += bias
    return y
