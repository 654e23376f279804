"""Max pooling, average pooling and their gradients."""

from functools import lru_cache
from typing import Literal, NamedTuple, overload

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.geometry import Sides, axes
from fastconv.ops.replay import replayed
from fastconv.types import Array, Indices, OutputSize, Padding, Pair, Shape
from fastconv.validate import array, same_shape, wrong_value


@overload
def max_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Array: ...
@overload
def max_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Array, Indices]: ...
@replayed
def max_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Array | tuple[Array, Indices]:
    """Keep the largest pixel of every window, as torch.nn.functional.max_pool2d.

    The input is (N, C, H, W), or (C, H, W) for one image, with a channel and a pixel at least; stride None or
    () means kernel_size; the padding (at most half the kernel, never a maximum) is a number, (height, width)
    or ((top, bottom), (left, right)). Returns (N, C, P, Q) with
    P = (H + top + bottom - dilation*(R-1) - 1) / stride + 1 rounded down, with `ceil_mode` up
    unless the last window would start beyond the image; without N if the input has none.
    `return_indices` adds an int64 array of the same shape: the position h*W + w of each maximum, the
    first of equals in row-major order. NaN counts as the maximum.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    X = array("max_pool2d", "input", input)
    steps = max_pool2d_steps("max_pool2d", kernel_size, stride, padding, dilation, ceil_mode)
    return_indices = validate.flag("max_pool2d", "return_indices", return_indices)
    check_windows("max_pool2d", "input", X.shape, *steps)
    if X.ndim == 4:
        return active().max_pool2d(X, *steps, return_indices)
    result = active().max_pool2d(X[None], *steps, return_indices)
    return (result[0][0], result[1][0]) if return_indices else result[0]


@replayed
def max_pool2d_input(grad_output: Array, indices: Indices, input_size: Shape) -> Array:
    """Gradient of max_pool2d with respect to its input: each output's gradient goes to its maximum.

    Takes grad_output and indices (N, C, P, Q), the indices those that `max_pool2d` returned;
    returns an array of shape `input_size` = (N, C, H, W). All without N for one image. A pixel
    that was the maximum of several windows gets the sum. Raises TypeError for wrong types, ValueError for
    shapes that do not fit or an index outside the image.
    """
    G = array("max_pool2d_input", "grad_output", grad_output)
    shape = validate.size("max_pool2d_input", "input_size", input_size)
    _check_image("max_pool2d_input", "input_size", shape)
    _check_gradient("max_pool2d_input", G, shape)
    stop = shape[-2] * shape[-1]
    positions = validate.whole_numbers("max_pool2d_input", "indices", indices, stop)
    same_shape("max_pool2d_input", "indices", positions, "grad_output", G.shape)
    if G.ndim == 3:
        result = active().max_pool2d_input(G[None], positions[None], (1, *shape))
    else:
        result = active().max_pool2d_input(G, positions, shape)
    if result is None:
        validate.labels("max_pool2d_input", "indices", indices, stop)
    return result[0] if G.ndim == 3 else result


@replayed
def avg_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
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
    X = array("avg_pool2d", "input", input)
    options = avg_pool2d_steps(
        "avg_pool2d", kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    kernel, steps, around, ceil, *_ = options
    check_windows("avg_pool2d", "input", X.shape, kernel, steps, around, (1, 1), ceil)
    if X.ndim == 3:
        return active().avg_pool2d(X[None], *options)[0]
    return active().avg_pool2d(X, *options)


@replayed
def avg_pool2d_input(
    grad_output: Array,
    input_size: Shape,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding = 0,
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
    name = "avg_pool2d_input"
    G = array(name, "grad_output", grad_output)
    shape = validate.size(name, "input_size", input_size)
    options = avg_pool2d_steps(
        name, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )
    kernel, steps, around, ceil, *_ = options
    output = check_windows(name, "input_size", shape, kernel, steps, around, (1, 1), ceil)
    same_shape(name, "grad_output", G, "input_size and the windows", output)
    if G.ndim == 3:
        return active().avg_pool2d_input(G[None], (1, *shape), *options)[0]
    return active().avg_pool2d_input(G, shape, *options)


@replayed
def adaptive_avg_pool2d(input: Array, output_size: OutputSize) -> Array:
    """Take the means of windows that cover the image evenly, as torch.nn.functional.adaptive_avg_pool2d.

    The input is (N, C, H, W), or (C, H, W) for one image, with a channel and a pixel at least; output_size is
    P = Q or (P, Q), None in the pair for the size of the input, 0 for no outputs. Window p has the rows from
    p*H/P, rounded down, to (p+1)*H/P, rounded up. Returns (N, C, P, Q); without N if the input has none.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    X = array("adaptive_avg_pool2d", "input", input)
    _check_image("adaptive_avg_pool2d", "input", X.shape)
    P, Q = validate.output_size("adaptive_avg_pool2d", output_size, low=0)
    size = X.shape[-2] if P is None else P, X.shape[-1] if Q is None else Q
    validate.few_enough("adaptive_avg_pool2d", "output_size", size, (*X.shape[:-2], *size))
    if 0 in size:
        return np.empty((*X.shape[:-2], *size), X.dtype)
    if X.ndim == 3:
        return active().adaptive_avg_pool2d(X[None], size)[0]
    return active().adaptive_avg_pool2d(X, size)


@replayed
def adaptive_avg_pool2d_input(grad_output: Array, input_size: Shape) -> Array:
    """Gradient of adaptive_avg_pool2d with respect to its input: each window shares its gradient.

    Takes grad_output (N, C, P, Q), whose (P, Q) says which windows there were; returns an array of
    shape `input_size` = (N, C, H, W). Both without N for one image. Raises TypeError for wrong
    types, ValueError for shapes that do not fit.
    """
    G = array("adaptive_avg_pool2d_input", "grad_output", grad_output)
    shape = validate.size("adaptive_avg_pool2d_input", "input_size", input_size)
    _check_image("adaptive_avg_pool2d_input", "input_size", shape)
    _check_gradient("adaptive_avg_pool2d_input", G, shape)
    if 0 in G.shape[-2:]:
        return np.zeros(shape, G.dtype)
    if G.ndim == 3:
        return active().adaptive_avg_pool2d_input(G[None], (1, *shape))[0]
    return active().adaptive_avg_pool2d_input(G, shape)


def max_pool2d_steps(
    function: str, kernel_size: Pair, stride: Pair | None, padding: Padding, dilation: Pair, ceil_mode: bool
) -> tuple[tuple[int, int], tuple[int, int], Sides, tuple[int, int], bool]:
    """The checked arguments of a max-pooling, in a backend's order."""
    kernel = validate.pair(function, "kernel_size", kernel_size)
    return (
        kernel,
        validate.stride(function, stride, kernel),
        validate.padding(function, padding),
        validate.pair(function, "dilation", dilation),
        validate.flag(function, "ceil_mode", ceil_mode),
    )


class _Average(NamedTuple):
    """The arguments that end every call of a backend, in its order."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: Sides
    ceil_mode: bool
    count_include_pad: bool
    divisor_override: int | None


def avg_pool2d_steps(
    function: str,
    kernel_size: Pair,
    stride: Pair | None,
    padding: Padding,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> _Average:
    """The checked arguments of an average pooling, in a backend's order."""
    kernel = validate.pair(function, "kernel_size", kernel_size)
    return _Average(
        kernel,
        validate.stride(function, stride, kernel),
        validate.padding(function, padding),
        validate.flag(function, "ceil_mode", ceil_mode),
        validate.flag(function, "count_include_pad", count_include_pad),
        validate.divisor(function, divisor_override),
    )


def _check_image(function: str, argument: str, shape: Shape) -> None:
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        needs = "(N, C, H, W) or (C, H, W) with at least one channel and pixel"
        got = shape if argument == "input_size" else f"shape {shape}"
        raise wrong_value(function, argument, got, needs)


def _check_gradient(function: str, G: Array, input_size: Shape) -> None:
    """Check that there is an output gradient for each image and channel."""
    if G.shape[:-2] != input_size[:-2]:
        needs = f"({', '.join(map(str, input_size[:-2]))}, P, Q) to match input_size {input_size}"
        raise wrong_value(function, "grad_output", f"shape {G.shape}", needs)


@lru_cache(maxsize=4096)
def check_windows(
    function: str,
    argument: str,
    input: Shape,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: Sides,
    dilation: tuple[int, int],
    ceil_mode: bool,
) -> Shape:
    """Check that there is a window, and that every window sees a pixel; return the shape of the output."""
    _check_image(function, argument, input)
    height, width = axes(input, kernel, stride, padding, dilation, ceil_mode)
    for side, axis, around in (("height", height, padding[0]), ("width", width, padding[1])):
        if max(around) > axis.taps // 2:
            needs = f"at most {axis.taps // 2}, half of kernel {side} {axis.taps}"
            raise wrong_value(function, "padding", around, needs)
        if axis.outputs < 1:
            needs = f"{side} and padding of at least {axis.reach} in all for a kernel of {side} {axis.taps}"
            needs += f" with dilation {axis.dilation}" if axis.dilation > 1 else ""
            raise wrong_value(function, argument, f"{side} {axis.size} with padding {around}", needs)
        taps = range(0, axis.taps * axis.dilation, axis.dilation)
        starts = range(-axis.before, axis.outputs * axis.stride - axis.before, axis.stride)
        wide = axis.dilation > axis.size  # narrower steps cannot pass over the image
        if wide and not all(any(0 <= start + tap < axis.size for tap in taps) for start in starts):
            needs = f"no window that falls beside the image of {side} {axis.size}: "
            raise wrong_value(function, "dilation", axis.dilation, needs + "a smaller dilation or padding")
    return (*input[:-2], height.outputs, width.outputs)
