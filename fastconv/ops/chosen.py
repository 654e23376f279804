"""Which algorithm of the compiled kernels computes an operation, and why."""

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from fastconv import validate
from fastconv.ops import avg_pool, conv_transpose, convolution
from fastconv.ops.rank import rank_of
from fastconv.ops.windows import checked_windows
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

    - `operation`: "conv1d", "conv2d", "conv_transpose2d", "linear", or a "max_pool" or "avg_pool" of "1d" or
      "2d".
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


def _conv(
    function: str,
    dtype: np.dtype[Any],
    input_shape: Shape,
    weight_shape: Shape,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> dict[str, Choice]:
    size = validate.size("chosen", "input_shape", input_shape)
    weight = validate.size("chosen", "weight_shape", weight_shape)
    steps, _ = convolution.geometry(function, size, weight, stride, padding, dilation, groups)
    rank = rank_of(function)
    filters = *weight[:2], *rank.two(weight[2:], 1)
    table, p = _problem(rank.shape(size), filters, steps, dtype)
    return {which: _convolution(table, which, p) for which in table.PASSES}


def _conv_transpose2d(
    dtype: np.dtype[Any],
    input_shape: Shape,
    weight_shape: Shape,
    stride: Pair = 1,
    padding: Padding = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> dict[str, Choice]:
    name = "conv_transpose2d"
    size = validate.size("chosen", "input_shape", input_shape)
    filters = validate.size("chosen", "weight_shape", weight_shape)
    options = stride, padding, output_padding, groups, dilation
    steps, output = conv_transpose.geometry(name, size, filters, *options)
    (top, bottom), (left, right) = steps.padding
    around = (top, bottom - steps.output_padding[0]), (left, right - steps.output_padding[1])
    window = convolution.Steps(steps.stride, around, steps.dilation, steps.groups)
    table, p = _problem(rank_of(name).shape(output), filters, window, dtype)
    asked = {table.FORWARD: table.INPUT, table.INPUT: table.FORWARD, table.WEIGHT: table.WEIGHT}
    return {which: _convolution(table, asked[which], p, "input") for which in table.PASSES}


def _problem(size: Shape, filters: Shape, steps: convolution.Steps, dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """The table of algorithms, and what it is asked."""
    from fastconv.kernels.conv import table, winograd
    from fastconv.kernels.conv.problem import problem

    return table, problem(size, filters, *steps, dtype, winograd.enabled())


def _convolution(table: Any, which: str, p: Any, spread: str = "output gradient") -> Choice:
    rows = table.computed_by(which, p)
    if not rows:
        return Choice("zeros", "no output sees a pixel", "the gradient is zero")
    names, where, why = (" + ".join(words) for words in zip(*(_choice(row) for row in rows), strict=True))
    if which == table.INPUT and not table.choose_input(p):
        where = f"as a convolution of the {spread}: {where}"
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


def _max_pool(
    function: str,
    dtype: np.dtype[Any],
    input_shape: Shape,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> dict[str, Choice]:
    from fastconv.kernels.pool import table

    size = validate.size("chosen", "input_shape", input_shape)
    windows, _ = checked_windows(
        rank_of(function), function, "input", size, kernel_size, stride, padding, dilation, ceil_mode
    )
    window = table.Window(*windows.kernel_size)
    return {which: _choice(table.choose(table.MAXIMUM, which, window)) for which in table.PASSES}


def _avg_pool(
    function: str,
    dtype: np.dtype[Any],
    input_shape: Shape,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> dict[str, Choice]:
    from fastconv.kernels.pool import table
    from fastconv.kernels.pool.windows import windows

    size = validate.size("chosen", "input_shape", input_shape)
    window = kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    options, _ = avg_pool.average_windows(rank_of(function), function, "input", size, *window)
    sizes = rank_of(function).shape(size)[-2:]
    short = (_shortened(*axis) for axis in zip(sizes, *options[:2], strict=True))
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
    "conv1d": partial(_conv, "conv1d"),
    "conv2d": partial(_conv, "conv2d"),
    "conv_transpose2d": _conv_transpose2d,
    "linear": _linear,
    "max_pool1d": partial(_max_pool, "max_pool1d"),
    "max_pool2d": partial(_max_pool, "max_pool2d"),
    "avg_pool1d": partial(_avg_pool, "avg_pool1d"),
    "avg_pool2d": partial(_avg_pool, "avg_pool2d"),
}
"""The operations for which there is a choice."""
