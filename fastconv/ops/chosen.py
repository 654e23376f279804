"""Which algorithm of the compiled kernels computes an operation, and why."""

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from fastconv import validate
from fastconv.ops import conv, pool
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

    @property
    def names(self) -> str:
        """The algorithms of the passes in one line: one name where all have the same."""
        names = [choice.algorithm for choice in self.values()]
        return names[0] if len(set(names)) == 1 else ", ".join(names)

    def __repr__(self) -> str:
        rows = [(which, *choice) for which, choice in self.items()]
        a, b = (max(map(len, column)) for column in list(zip(*rows, strict=True))[:2])
        return "\n".join(f"{which:<{a}}  {name:<{b}}  {where}: {why}" for which, name, where, why in rows)


def chosen(operation: str, *shapes: Any, dtype: DTypeLike = np.float32, **options: Any) -> Chosen:
    """The algorithm that computes each pass of an operation on this machine, and the reason.

    **Arguments:**

    - `operation`: "conv2d", "linear", "max_pool2d" or "avg_pool2d".
    - `shapes`, `options`: what `functional` takes for it, with shapes in the place of arrays:
      `chosen("conv2d", input_shape, weight_shape, stride=2)`, `chosen("linear", input_shape, weight_shape)`,
      `chosen("max_pool2d", input_shape, kernel_size)`.
    - `dtype`: that of the arrays, float32 or float64.

    Returns the choices by pass: "forward", "input" and, where there is a weight, "weight" (the gradients).
    They depend on the shapes, the CPU's instruction set and `fastconv.config`, never on the threads.

    TypeError and ValueError for an operation without a choice, and for shapes and options that do not fit.

    """
    known = ", ".join(map(repr, OPERATIONS))
    if not isinstance(operation, str):
        raise validate.wrong_type("chosen", "operation", type(operation).__name__, f"one of {known}")
    if operation not in OPERATIONS:
        raise validate.wrong_value("chosen", "operation", repr(operation), f"one of {known}")
    if any(isinstance(shape, np.ndarray) and shape.ndim != 1 for shape in shapes):
        raise validate.wrong_type("chosen", "shapes", "an array", "a shape; x.shape would fit")
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
    return {which: _convolution(table, which, p) for which in table.PASSES}


def _convolution(table: Any, which: str, p: Any) -> Choice:
    rows = table.computed_by(which, p)
    if not rows:
        return Choice("zeros", "no output sees a pixel", "the gradient is zero")
    names, where, why = (" + ".join(words) for words in zip(*(_choice(row) for row in rows), strict=True))
    if which == table.INPUT and not table.choose_input(p):
        where = f"as a convolution of the output gradient: {where}"
    return Choice(names, where, why)


def _linear(dtype: np.dtype[Any], input_shape: Shape, weight_shape: Shape) -> dict[str, Choice]:
    from fastconv.kernels.dense import table

    size = validate.size("chosen", "input_shape", input_shape)
    weight = validate.size("chosen", "weight_shape", weight_shape)
    if len(weight) != 2 or not size or size[-1] != weight[1]:
        needs = f"(out, {size[-1] if size else 'in'}) to match input_shape {size}"
        raise validate.wrong_value("chosen", "weight_shape", weight, needs)
    products = table.passes(math.prod(size[:-1]), weight[1], weight[0], dtype)
    return {which: _choice(table.choose(product)) for which, product in products.items()}


def _max_pool2d(
    dtype: np.dtype[Any],
    input_shape: Shape,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> dict[str, Choice]:
    from fastconv.kernels.pool import table

    size = validate.size("chosen", "input_shape", input_shape)
    steps = pool.max_pool2d_steps("max_pool2d", kernel_size, stride, padding, dilation, ceil_mode)
    pool.check_windows("max_pool2d", "input", size, *steps)
    window = table.Window(*steps[0])
    return {which: _choice(table.choose(table.MAXIMUM, which, window)) for which in table.PASSES}


def _avg_pool2d(
    dtype: np.dtype[Any],
    input_shape: Shape,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> dict[str, Choice]:
    from fastconv.kernels.pool import table
    from fastconv.kernels.pool.windows import windows

    size = validate.size("chosen", "input_shape", input_shape)
    options = pool.avg_pool2d_steps(
        "avg_pool2d", kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    pool.check_windows("avg_pool2d", "input", size, *options[:3], (1, 1), options.ceil_mode)
    short = (_shortened(*axis) for axis in zip(size[-2:], options.kernel_size, options.stride, strict=True))
    found = windows(*short, *options)
    asked = zip(table.PASSES, (found.largest, found.largest_reached), strict=True)
    return {which: _choice(table.choose(table.AVERAGE, which, window)) for which, window in asked}


def _shortened(size: int, taps: int, stride: int) -> int:
    """The size of a shorter axis with the same windows at both ends, and some between them."""
    least = 8 * (taps + stride)
    return min(size, least + (size - least) % stride)


def _choice(row: Any) -> Choice:
    return Choice(row.name, row.where, row.why)


OPERATIONS: dict[str, Callable[..., dict[str, Choice]]] = {
    "conv2d": _conv2d,
    "linear": _linear,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
}
"""The operations for which there is a choice."""
