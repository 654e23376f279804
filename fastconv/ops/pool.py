"""Max pooling and its gradient."""

from functools import lru_cache
from typing import Literal, overload

from fastconv import validate
from fastconv.backends import active
from fastconv.reference.geometry import Sides
from fastconv.reference.pool import pooled_size
from fastconv.types import Array, Indices, Padding, Pair, Shape
from fastconv.validate import arrays, same_shape, wrong_value


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

    The input is (N, C, H, W), or (C, H, W) for one image; stride None means kernel_size; the
    padding (at most half the kernel, never a maximum) is a number, (height, width) or
    ((top, bottom), (left, right)). Returns (N, C, P, Q) with
    P = (H + top + bottom - dilation*(R-1) - 1) / stride + 1 rounded down, with `ceil_mode` up
    unless the last window would start beyond the image; without N if the input has none.
    `return_indices` adds an int64 array of the same shape: the place h*W + w of each maximum, the
    first of equals in row-major order. NaN counts as the maximum.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    (X,) = arrays("max_pool2d", input=input)
    kernel = validate.pair("max_pool2d", "kernel_size", kernel_size)
    steps = (
        kernel,
        kernel if stride is None else validate.pair("max_pool2d", "stride", stride),
        validate.padding("max_pool2d", padding),
        validate.pair("max_pool2d", "dilation", dilation),
        validate.flag("max_pool2d", "ceil_mode", ceil_mode),
    )
    return_indices = validate.flag("max_pool2d", "return_indices", return_indices)
    _check_windows(X.shape, *steps)
    if X.ndim == 4:
        return active().max_pool2d(X, *steps, return_indices)
    result = active().max_pool2d(X[None], *steps, return_indices)
    return (result[0][0], result[1][0]) if return_indices else result[0]


def max_pool2d_input(grad_output: Array, indices: Indices, input_size: Shape) -> Array:
    """Gradient of max_pool2d with respect to its input: each output's gradient goes to its maximum.

    Takes grad_output and indices (N, C, P, Q), the indices those that `max_pool2d` returned;
    returns an array of shape `input_size` = (N, C, H, W). All without N for one image. A pixel
    that was the maximum of several windows gets the sum. Raises TypeError for wrong types, ValueError for
    shapes that do not fit or an index outside the image.
    """
    (G,) = arrays("max_pool2d_input", grad_output=grad_output)
    shape = validate.size("max_pool2d_input", "input_size", input_size)
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        needs = "(N, C, H, W) or (C, H, W) with at least one channel and pixel"
        raise wrong_value("max_pool2d_input", "input_size", shape, needs)
    if G.shape[:-2] != shape[:-2] or 0 in G.shape[-2:]:
        needs = f"({', '.join(map(str, shape[:-2]))}, P, Q) to match input_size {shape}"
        raise wrong_value("max_pool2d_input", "grad_output", f"shape {G.shape}", needs)
    places = validate.labels("max_pool2d_input", "indices", indices, stop=shape[-2] * shape[-1])
    same_shape("max_pool2d_input", "indices", places, "grad_output", G.shape)
    if G.ndim == 3:
        return active().max_pool2d_input(G[None], places[None], (1, *shape))[0]
    return active().max_pool2d_input(G, places, shape)


@lru_cache(maxsize=4096)
def _check_windows(
    input: Shape,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: Sides,
    dilation: tuple[int, int],
    ceil_mode: bool,
) -> None:
    """Check that there is a window, and that every window sees a pixel."""
    if len(input) not in (3, 4) or 0 in input[-3:]:
        needs = "(N, C, H, W) or (C, H, W) with at least one channel and pixel"
        raise wrong_value("max_pool2d", "input", f"shape {input}", needs)
    for i, side in enumerate(("height", "width")):
        size, taps = input[i - 2], range(0, kernel[i] * dilation[i], dilation[i])
        if max(padding[i]) > kernel[i] // 2:
            needs = f"at most {kernel[i] // 2}, half of kernel {side} {kernel[i]}"
            raise wrong_value("max_pool2d", "padding", padding[i], needs)
        count = pooled_size(size, kernel[i], stride[i], padding[i], dilation[i], ceil_mode)
        if count < 1:
            needs = f"{side} and padding of at least {taps[-1] + 1} in all"
            needs += f" for a kernel of {side} {kernel[i]} with dilation {dilation[i]}"
            raise wrong_value("max_pool2d", "input", f"{side} {size} with padding {padding[i]}", needs)
        starts = range(-padding[i][0], count * stride[i] - padding[i][0], stride[i])
        if not all(any(0 <= start + tap < size for tap in taps) for start in starts):
            needs = f"no window that falls beside the image of {side} {size}: a smaller dilation or padding"
            raise wrong_value("max_pool2d", "dilation", dilation[i], needs)
