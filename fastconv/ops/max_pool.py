"""Max pooling of images and of signals, adaptive or not, and its gradients."""

from typing import Any, Literal, overload

import numpy as np

from fastconv import validate
from fastconv.backends import active
from fastconv.ops.rank import rank_of
from fastconv.ops.windows import adaptive_size, check_gradient, checked_windows
from fastconv.types import Array, Indices, LinePadding, OutputSize, Padding, Pair, Shape, Single
from fastconv.validate import array, same_shape


@overload
def max_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding | str = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Array: ...
@overload
def max_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding | str = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Array, Indices]: ...
def max_pool2d(
    input: Array,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Padding | str = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Array | tuple[Array, Indices]:
    """Keep the largest pixel of every window, as torch.nn.functional.max_pool2d.

    The input is (N, C, H, W), or (C, H, W) for one image, with a channel and a pixel at least; stride None or
    () means kernel_size; the padding (less than the kernel, never a maximum) is a number, (height, width),
    ((top, bottom), (left, right)) or "same_upper" (P = H / stride rounded up, Q likewise: what TensorFlow
    calls "same"). Returns (N, C, P, Q) with
    P = (H + top + bottom - dilation*(R-1) - 1) / stride + 1 rounded down, with `ceil_mode` up
    unless the last window would start beyond the image; without N if the input has none.
    `return_indices` adds an int64 array of the same shape: the position h*W + w of each maximum, the
    first of equals in row-major order. NaN counts as the maximum.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    window = kernel_size, stride, padding, dilation, ceil_mode
    return _maxima("max_pool2d", input, return_indices, *window)


@overload
def max_pool1d(
    input: Array,
    kernel_size: Single,
    stride: Single | None = None,
    padding: LinePadding | str = 0,
    dilation: Single = 1,
    ceil_mode: bool = False,
    return_indices: Literal[False] = False,
) -> Array: ...
@overload
def max_pool1d(
    input: Array,
    kernel_size: Single,
    stride: Single | None = None,
    padding: LinePadding | str = 0,
    dilation: Single = 1,
    ceil_mode: bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Array, Indices]: ...
def max_pool1d(
    input: Array,
    kernel_size: Single,
    stride: Single | None = None,
    padding: LinePadding | str = 0,
    dilation: Single = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Array | tuple[Array, Indices]:
    """Keep the largest position of every window, as torch.nn.functional.max_pool1d.

    The input is (N, C, L), or (C, L) for one signal, with a channel and a position at least. The padding
    (less than the kernel, never a maximum) is a number, ((before, after),) or "same_upper"; kernel_size,
    stride, dilation and ceil_mode are numbers that mean what they do in `max_pool2d`. Returns (N, C, P) with
    P = (L + before + after - dilation*(R-1) - 1) / stride + 1, rounded as there; without N if the input has
    none. `return_indices` adds an int64 array of the same shape: the position of each maximum in L, the
    first of equals. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    window = kernel_size, stride, padding, dilation, ceil_mode
    return _maxima("max_pool1d", input, return_indices, *window)


@overload
def adaptive_max_pool2d(
    input: Array, output_size: OutputSize, return_indices: Literal[False] = False
) -> Array: ...
@overload
def adaptive_max_pool2d(
    input: Array, output_size: OutputSize, return_indices: Literal[True]
) -> tuple[Array, Indices]: ...
def adaptive_max_pool2d(
    input: Array, output_size: OutputSize, return_indices: bool = False
) -> Array | tuple[Array, Indices]:
    """Keep the maxima of windows that cover the image evenly, as torch.nn.functional.adaptive_max_pool2d.

    The input, the output_size and the windows are those of `adaptive_avg_pool2d`. Returns (N, C, P, Q);
    without N if the input has none. `return_indices` adds an int64 array of the same shape: the position
    h*W + w of each maximum, the first of equals in row-major order. NaN counts as the maximum.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    name = "adaptive_max_pool2d"
    X = array(name, "input", input)
    size = adaptive_size(name, X.shape, output_size)
    return_indices = validate.flag(name, "return_indices", return_indices)
    if 0 in size:
        result = np.empty((*X.shape[:-2], *size), X.dtype)
        return (result, np.empty(result.shape, np.int64)) if return_indices else result
    rank = rank_of(name)
    return _with_axes_of(X, name, active().adaptive_max_pool2d(rank.batch(X), size, return_indices))


def max_pool2d_input(grad_output: Array, indices: Indices, input_size: Shape) -> Array:
    """Gradient of max_pool2d with respect to its input: each output's gradient goes to its maximum.

    Takes grad_output and indices (N, C, P, Q), the indices those that `max_pool2d` returned;
    returns an array of shape `input_size` = (N, C, H, W). All without N for one image. A pixel
    that was the maximum of several windows gets the sum. Raises TypeError for wrong types, ValueError for
    shapes that do not fit or an index outside the image.
    """
    return _routed("max_pool2d_input", grad_output, indices, input_size)


def max_pool1d_input(grad_output: Array, indices: Indices, input_size: Shape) -> Array:
    """Gradient of max_pool1d with respect to its input: each output's gradient goes to its maximum.

    Takes grad_output and indices (N, C, P), the indices those that `max_pool1d` returned; returns an array of
    shape `input_size` = (N, C, L). All without N for one signal. A position that was the maximum of several
    windows gets the sum. Raises TypeError for wrong types, ValueError for shapes that do not fit or an index
    outside the signal.
    """
    return _routed("max_pool1d_input", grad_output, indices, input_size)


def adaptive_max_pool2d_input(grad_output: Array, indices: Indices, input_size: Shape) -> Array:
    """Gradient of adaptive_max_pool2d with respect to its input: `max_pool2d_input`, of its indices.

    Takes grad_output and indices (N, C, P, Q), the indices those that `adaptive_max_pool2d` returned; returns
    an array of shape `input_size` = (N, C, H, W). All without N for one image.
    Raises TypeError for wrong types, ValueError for shapes that do not fit or an index outside the image.
    """
    return _routed("adaptive_max_pool2d_input", grad_output, indices, input_size)


def _maxima(function: str, input: Array, return_indices: bool, *window: Any) -> Any:
    rank, X = rank_of(function), array(function, "input", input)
    return_indices = validate.flag(function, "return_indices", return_indices)
    windows, _ = checked_windows(rank, function, "input", X.shape, *window)
    return _with_axes_of(X, function, active().max_pool2d(rank.batch(X), *windows, return_indices))


def _with_axes_of(X: Array, function: str, result: Any) -> Any:
    """Maxima, or maxima and indices, with the axes that the input has."""
    rank = rank_of(function)
    if isinstance(result, tuple):
        return rank.same_axes(result[0], X), rank.same_axes(result[1], X)
    return rank.same_axes(result, X)


def _routed(function: str, grad_output: Array, indices: Indices, input_size: Shape) -> Array:
    rank, G = rank_of(function), array(function, "grad_output", grad_output)
    shape = validate.size(function, "input_size", input_size)
    check_gradient(function, G, shape)
    images = rank.shape(shape)
    stop = images[-2] * images[-1]
    places = validate.whole_numbers(function, "indices", indices, stop)
    same_shape(function, "indices", places, "grad_output", G.shape)
    result = active().max_pool2d_input(rank.batch(G), rank.batch(places), images)
    if result is None:
        validate.labels(function, "indices", indices, stop)
    return rank.same_axes(result, G)
