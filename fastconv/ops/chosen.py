"""Which algorithm of the compiled kernels computes an operation, and why."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from fastconv import validate
from fastconv.ops import conv
from fastconv.types import Padding, Pair, Shape


class Choice(NamedTuple):
    """The algorithm of one pass: its name, when it is taken, and what it wins."""

    algorithm: str
    where: str
    why: str


class Chosen(Mapping[str, Choice]):
    """The choice of each pass by name, such as `chosen["forward"]`; it prints as a table."""

    def __init__(self, choices: Mapping[str, Choice]) -> None:
        self._choices = dict(choices)

    def __getitem__(self, which: str) -> Choice:
        return self._choices[which]

    def __iter__(self) -> Iterator[str]:
        return iter(self._choices)

    def __len__(self) -> int:
        return len(self._choices)

    def __repr__(self) -> str:
        rows = [(which, *choice) for which, choice in self.items()]
        a, b = (max(map(len, column)) for column in list(zip(*rows, strict=True))[:2])
        return "\n".join(f"{which:<{a}}  {name:<{b}}  {where}: {why}" for which, name, where, why in rows)


def chosen(operation: str, *shapes: Any, dtype: DTypeLike = np.float32, **options: Any) -> Chosen:
    """The algorithm that computes each pass of an operation on this machine, and the reason.

    `chosen("conv2d", input_shape, weight_shape, stride=1, padding=0, dilation=1, groups=1)`: the shapes and
    the options are those of `functional.conv2d`, the passes "forward", "input" and "weight". `dtype` is that
    of the arrays, float32 or float64. The choice depends on shapes, the instruction set of the CPU and
    `fastconv.config` alone, never on the number of threads.

    TypeError and ValueError for an operation without a choice, and for shapes and options that do not fit.
    """
    if not isinstance(operation, str) or operation not in OPERATIONS:
        known = ", ".join(map(repr, OPERATIONS))
        raise validate.wrong_value("chosen", "operation", repr(operation), f"one of {known}")
    ask = OPERATIONS[operation]
    kind = validate.float_type("chosen", "dtype", dtype)
    try:
        bound = inspect.signature(ask).bind(kind, *shapes, **options)
    except TypeError as error:
        raise TypeError(f"chosen: {operation}: {error}") from None
    return Chosen(ask(*bound.args, **bound.kwargs))


def _conv2d(
    dtype: np.dtype[Any],
    input_shape: Shape,
    weight_shape: Shape,
    stride: Pair = 1,
    padding: Padding | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> dict[str, Choice]:
    from fastconv.kernels.conv import table, winograd
    from fastconv.kernels.conv.problem import problem

    size = validate.size("chosen", "input_shape", input_shape)
    filters = validate.size("chosen", "weight_shape", weight_shape)
    steps, _ = conv.geometry("conv2d", size, filters, stride, padding, dilation, groups)
    images = size if len(size) == 4 else (1, *size)
    p = problem(images, filters, *steps, dtype, winograd.enabled())
    return _choices(table, p)


def _choices(table: Any, problem: Any) -> dict[str, Choice]:
    """What a table chooses for each of its passes."""
    rows = {which: table.choose(which, problem) for which in table.PASSES}
    return {which: Choice(row.name, row.where, row.why) for which, row in rows.items()}


OPERATIONS: dict[str, Callable[..., dict[str, Choice]]] = {"conv2d": _conv2d}
"""The operations for which there is a choice."""
