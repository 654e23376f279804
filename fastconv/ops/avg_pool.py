"""Average pooling of images and of signals, and its gradients."""

from typing import Any

from fastconv import validate
from fastconv.backends import active
from fastconv.ops.rank import Rank, rank_of
from fastconv.ops.windows import checked_windows
from fastconv.types import Array, LinePadding, Padding, Pair, Shape, Single
from fastconv.validate import array, same_shape


def avg_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding | str = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Take the mean of every window, as torch.nn.functional.avg_pool2d.

    The input, kernel_size, stride, padding and ceil_mode are those of `max_pool2d`. A window's sum is divided
    by the pixels in it, those of the padding included unless `count_include_pad` is False, or by
    `divisor_override`. Returns (N, C, P, Q) with P and Q as in `max_pool2d`; without N if the input has none.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    window = kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    return _means("avg_pool2d", input, *window)


def avg_pool2d_input(
    grad_output: Array,
    input_size: Shape,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding | str = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Gradient of avg_pool2d with respect to its input: each output's gradient is shared by its window.

    Takes grad_output (N, C, P, Q) and the kernel_size, stride, padding, ceil_mode,
    count_include_pad and divisor_override of `avg_pool2d`; returns an array of shape `input_size`
    = (N, C, H, W). All without N for one image. Raises TypeError for wrong types, ValueError for
    shapes and values that do not fit.
    """
    window = kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    return _shares("avg_pool2d_input", grad_output, input_size, *window)


def avg_pool1d(
    input: Array,
    kernel_size: Single,
    stride: Single | None = None,
    padding: LinePadding | str = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """Take the mean of every window, as torch.nn.functional.avg_pool1d.

    The input, kernel_size, stride, padding and ceil_mode are those of `max_pool1d`. A window's sum is divided
    by the positions in it, those of the padding included unless `count_include_pad` is False. Returns
    (N, C, P) with P as in `max_pool1d`; without N if the input has none.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    window = kernel_size, stride, padding, ceil_mode, count_include_pad, None
    return _means("avg_pool1d", input, *window)


def avg_pool1d_input(
    grad_output: Array,
    input_size: Shape,
    kernel_size: Single,
    stride: Single | None = None,
    padding: LinePadding | str = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """Gradient of avg_pool1d with respect to its input: each output's gradient is shared by its window.

    Takes grad_output (N, C, P) and the kernel_size, stride, padding, ceil_mode and count_include_pad of
    `avg_pool1d`; returns an array of shape `input_size` = (N, C, L). All without N for one signal. Raises
    TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    window = kernel_size, stride, padding, ceil_mode, count_include_pad, None
    return _shares("avg_pool1d_input", grad_output, input_size, *window)


def average_windows(
    rank: Rank,
    function: str,
    argument: str,
    input: Shape,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> tuple[tuple[Any, ...], Shape]:
    """The checked arguments of an average pooling, in a backend's order, and the shape of its output."""
    divisor = (
        validate.flag(function, "count_include_pad", count_include_pad),
        validate.divisor(function, divisor_override),
    )
    window = kernel_size, stride, padding, 1, ceil_mode
    windows, output = checked_windows(rank, function, argument, input, *window)
    return (*windows[:3], windows.ceil_mode, *divisor), output


def _means(function: str, input: Array, *window: Any) -> Array:
    rank, X = rank_of(function), array(function, "input", input)
    windows, _ = average_windows(rank, function, "input", X.shape, *window)
    return rank.same_axes(active().avg_pool2d(rank.batch(X), *windows), X)


def _shares(function: str, grad_output: Array, input_size: Shape, *window: Any) -> Array:
    rank, G = rank_of(function), array(function, "grad_output", grad_output)
    shape = validate.size(function, "input_size", input_size)
    windows, output = average_windows(rank, function, "input_size", shape, *window)
    same_shape(function, "grad_output", G, "input_size and the windows", output)
    return rank.same_axes(active().avg_pool2d_input(rank.batch(G), rank.shape(shape), *windows), G)
