"""Transposed convolution: what the gradients of a convolution are, with a bias, and its own gradients."""

from functools import lru_cache
from typing import Any, NamedTuple

from fastconv import validate
from fastconv.backends import active
from fastconv.geometry import Sides, transposed
from fastconv.ops.rank import PLANE
from fastconv.types import Array, Padding, Pair, Shape
from fastconv.validate import array, arrays, same_shape, wrong_value


def conv_transpose2d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Padding = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Array:
    """Spread pixels over the taps of filters, as torch.nn.functional.conv_transpose2d.

    The input is (N, C, P, Q), or (C, P, Q) for one image; weight (C, K/groups, R, S); bias (K,); all
    float32 or all float64; no length is 0, but N. The padding, which is cut off the output, is a
    number, (height, width) or ((top, bottom), (left, right)); output_padding (smaller than stride or
    dilation) adds rows at the bottom and columns at the right. Returns (N, K, H, W) with
    H = (P-1)*stride + dilation*(R-1) + 1 - top - bottom + output_padding, W likewise; without N if the
    input has none. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    name = "conv_transpose2d"
    X, W, b = arrays(name, ("input", "weight", "bias"), input, weight, bias, optional=1)
    steps, _ = geometry(name, X.shape, W.shape, stride, padding, output_padding, groups, dilation)
    if b is not None:
        same_shape(name, "bias", b, "weight and groups", (W.shape[1] * steps.groups,))
    return PLANE.same_axes(active().conv_transpose2d(PLANE.batch(X), W, b, *steps), X)


def conv_transpose2d_input(
    input_size: Shape,
    weight: Array,
    grad_output: Array,
    stride: Pair = 1,
    padding: Padding = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Array:
    """Gradient of conv_transpose2d with respect to its input: the convolution of grad_output.

    Takes weight (C, K/groups, R, S) and grad_output (N, K, H, W), with stride, padding,
    output_padding, groups and dilation as in `conv_transpose2d`; returns an array of shape
    `input_size` = (N, C, P, Q). Both shapes are without N for one image.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    name = "conv_transpose2d_input"
    W, G = arrays(name, ("weight", "grad_output"), weight, grad_output)
    shape = validate.size(name, "input_size", input_size)
    steps, output = geometry(name, shape, W.shape, stride, padding, output_padding, groups, dilation)
    same_shape(name, "grad_output", G, "input_size and weight", output)
    seen, window = _convolution(PLANE.batch(G), steps)
    return PLANE.same_axes(active().conv2d(seen, W, None, *window), G)


def conv_transpose2d_weight(
    input: Array,
    weight_size: Shape,
    grad_output: Array,
    stride: Pair = 1,
    padding: Padding = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> Array:
    """Gradient of conv_transpose2d with respect to its weight: conv2d_weight of grad_output and input.

    Takes input (N, C, P, Q) and grad_output (N, K, H, W), both without N for one image, with stride,
    padding, output_padding, groups and dilation as in `conv_transpose2d`; returns an array of shape
    `weight_size` = (C, K/groups, R, S).
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    name = "conv_transpose2d_weight"
    X, G = arrays(name, ("input", "grad_output"), input, grad_output)
    shape = validate.size(name, "weight_size", weight_size)
    steps, output = geometry(name, X.shape, shape, stride, padding, output_padding, groups, dilation)
    same_shape(name, "grad_output", G, "input and weight_size", output)
    seen, window = _convolution(PLANE.batch(G), steps)
    return active().conv2d_weight(seen, shape, PLANE.batch(X), *window)


def conv_transpose2d_bias(grad_output: Array) -> Array:
    """Gradient of conv_transpose2d with respect to its bias: the sum over images and pixels.

    Takes grad_output (N, K, H, W), or (K, H, W) for one image; returns (K,).
    Raises TypeError for wrong types, ValueError for a shape that does not fit.
    """
    G = array("conv_transpose2d_bias", "grad_output", grad_output)
    PLANE.check_images("conv_transpose2d_bias", "grad_output", G.shape)
    return active().conv2d_bias(PLANE.batch(G))


class Steps(NamedTuple):
    """The arguments that end a call of a backend, in its order."""

    stride: tuple[int, int]
    padding: Sides
    output_padding: tuple[int, int]
    groups: int
    dilation: tuple[int, int]


def _convolution(G: Array, steps: Steps) -> tuple[Array, tuple[Any, ...]]:
    """What of an output gradient the convolution back to the input sees, and how it moves over it.

    Rows and columns that no tap reaches, which only an output_padding of a stride or more makes, are cut off.
    """
    (top, bottom), (left, right) = steps.padding
    below, beside = (max(0, n) for n in (bottom - steps.output_padding[0], right - steps.output_padding[1]))
    unseen = [
        max(0, extra - after) if extra - after >= step else 0
        for extra, after, step in zip(steps.output_padding, (bottom, right), steps.stride, strict=True)
    ]
    seen = G[:, :, : G.shape[2] - unseen[0], : G.shape[3] - unseen[1]] if any(unseen) else G
    return seen, (steps.stride, ((top, below), (left, beside)), steps.dilation, steps.groups)


def geometry(function: str, input: Shape, weight: Shape, *window: Any) -> tuple[Steps, Shape]:
    """Check options and shapes; return what the backend is told, and the shape of the output."""
    for option in window:
        if type(option) is not int:  # True and 1.0 equal integers too
            window = _options(function, *window)
            break
    return _checked(function, input, weight, *window)


def _options(
    function: str, stride: Pair, padding: Padding, output_padding: Pair, groups: int, dilation: Pair
) -> Steps:
    return Steps(
        validate.pair(function, "stride", stride),
        validate.padding(function, padding),  # type: ignore[arg-type]
        validate.pair(function, "output_padding", output_padding, 0),
        validate.integer(function, "groups", groups),
        validate.pair(function, "dilation", dilation),
    )


@lru_cache(maxsize=4096)
def _checked(function: str, input: Shape, weight: Shape, *window: Any) -> tuple[Steps, Shape]:
    """The same, of integers or of what `_options` made of the rest: equal ones are of one type."""
    steps = _options(function, *window)
    input_name = "input_size" if function.endswith("_input") else "input"
    weight_name = "weight_size" if function.endswith("_weight") else "weight"
    PLANE.check_images(function, input_name, input)
    channels = input[-3]
    if len(weight) != 4 or 0 in weight:
        needs = "(in, out/groups, kH, kW), none of them 0"
        raise wrong_value(function, weight_name, f"shape {weight}", needs)
    if weight[0] != channels:
        needs = f"({channels}, out/groups, kH, kW) to match {input_name} {input}"
        raise wrong_value(function, weight_name, f"shape {weight}", needs)
    if channels % steps.groups:
        needs = f"a divisor of the {channels} channels of {input_name}"
        raise wrong_value(function, "groups", steps.groups, needs)
    check_output_padding(function, steps.output_padding, steps.stride, steps.dilation)
    both = transposed(input, weight, steps.stride, steps.padding, steps.output_padding, steps.dilation)
    for side, axis, around in zip(PLANE.sides, both, steps.padding, strict=True):
        if axis.size < 1:
            needs = f"less than {axis.size + sum(around)} in all, to leave an output of {side} 1 or more"
            raise wrong_value(function, "padding", around, needs)
    output = (*input[:-3], weight[1] * steps.groups, both[0].size, both[1].size)
    validate.few_enough(function, input_name, f"shape {input}", output)
    return steps, output


def check_output_padding(
    function: str, output_padding: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> None:
    """Check that it is smaller than the stride or the dilation, on each axis."""
    for extra, *steps in zip(output_padding, stride, dilation, strict=True):
        if extra >= max(steps):
            needs = f"less than {max(steps)}, the larger of stride and dilation"
            raise wrong_value(function, "output_padding", extra, needs)
