"""A plan as a table: layer, operations, kernels, jobs, bytes."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from fastconv.markup import columns
from fastconv.plan.record import Operation, arrays_in

HEAD = "layer", "operation", "kernels", "jobs", "bytes", "note"


class Row(NamedTuple):
    """One operation: whose it is, what it stands for, and what runs.

    `bytes` counts each array that a kernel reads or writes once a kernel (of an update, which finds its
    arrays in a table, once), `flops` a multiply-add twice.
    """

    layer: str
    operation: str
    kernels: str
    jobs: str
    bytes: int
    flops: int
    note: str

    @classmethod
    def of(cls, operation: Operation) -> "Row":
        """The row of an operation that has launches."""
        parts = operation.fused or (operation,)
        launches = operation.launches
        return cls(
            operation.layer or next((part.layer for part in parts if part.layer), ""),
            " + ".join(part.name for part in parts),
            ", ".join(dict.fromkeys(_name(launch.kernel) for launch in launches)),
            ", ".join(map(_jobs, launches)),
            max(sum(_bytes(launch.arguments) for launch in launches), _bytes(operation.reads)),
            sum(map(flops, parts)),
            operation.note,
        )  # fmt: skip


def _name(kernel: Any) -> str:
    """A kernel by its file and function."""
    return f"{kernel.__module__.rpartition('.')[2]}.{kernel.__name__.lstrip('_')}"


def _jobs(launch: Any) -> str:
    """The jobs of a launch, and its workers if there are several."""
    return f"{launch.jobs} / {launch.workers}" if launch.workers > 1 else str(launch.jobs)


def _bytes(arguments: Iterable[Any]) -> int:
    return sum({array.ctypes.data: array.nbytes for array in arrays_in(tuple(arguments))}.values())


def flops(operation: Operation) -> int:
    """Twice the multiply-adds of a convolution or a dense layer, or of one of their gradients; else 0."""
    given = operation.given
    match operation.name:
        case "conv2d":
            return 2 * operation.result.size * math.prod(given["weight"].shape[1:])
        case "conv2d_input":
            return 2 * given["grad_output"].size * math.prod(given["weight"].shape[1:])
        case "conv2d_weight":
            return 2 * given["grad_output"].size * math.prod(given["weight_size"][1:])
        case "linear":
            return 2 * operation.result.size * given["weight"].shape[1]
        case "linear_input":
            return 2 * given["grad_output"].size * given["weight"].shape[1]
        case "linear_weight":
            return 2 * given["grad_output"].size * given["input"].shape[-1]
    return 0


def table(rows: Sequence[Row]) -> str:
    """The rows as text, in columns."""
    lines = ((r.layer, r.operation, r.kernels, r.jobs, f"{r.bytes:,}", r.note) for r in rows)
    return written([HEAD, *lines], "<<<<><")


def written(rows: Sequence[Sequence[str]], align: str) -> str:
    """Text in columns under their heads, the first row; columns without any text are left out."""
    shown = [i for i in range(len(align)) if len(rows) == 1 or any(row[i] for row in rows[1:])]
    return columns([[row[i] for i in shown] for row in rows], "".join(align[i] for i in shown), "  ")
