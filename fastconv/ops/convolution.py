"""What the convolutions of one and of two axes share: the checks, and what a backend is asked."""

from functools import lru_cache
from typing import Any, NamedTuple

from fastconv import validate
from fastconv.backends import active
from fastconv.geometry import Sides, axes, same_upper
from fastconv.ops.rank import Rank, rank_of
from fastconv.types import Array, Shape
from fastconv.validate import array, arrays, same_shape, wrong_value

PADDINGS = "same", "same_upper", "valid"
"""Paddings that have a name."""


class Steps(NamedTuple):
    """The arguments that end every call of a backend, in its order."""

    stride: tuple[int, int]
    padding: Sides
    dilation: tuple[int, int]
    groups: int


def forward(function: str, input: Array, weight: Array, bias: Array | None, *options: Any) -> Array:
    """The convolution that `function` names; `options` are its arguments after the bias."""
    rank, (*window, relu) = rank_of(function), options
    X, W, b = arrays(function, ("input", "weight", "bias"), input, weight, bias, optional=1)
    steps, _ = geometry(function, X.shape, W.shape, *window)
    if b is not None:
        same_shape(function, "bias", b, "weight", W.shape[:1])
    relu = validate.flag(function, "relu", relu)
    return rank.same_axes(active().conv2d(rank.batch(X), rank.filters(W), b, *steps, relu), X)


def input_gradient(
    function: str, input_size: Shape, weight: Array, grad_output: Array, *window: Any
) -> Array:
    """The gradient with respect to the input."""
    rank = rank_of(function)
    W, G = arrays(function, ("weight", "grad_output"), weight, grad_output)
    shape = validate.size(function, "input_size", input_size)
    steps, output = geometry(function, shape, W.shape, *window)
    same_shape(function, "grad_output", G, "input_size and weight", output)
    gradient = active().conv2d_input(rank.shape(shape), rank.filters(W), rank.batch(G), *steps)
    return rank.same_axes(gradient, G)


def weight_gradient(
    function: str, input: Array, weight_size: Shape, grad_output: Array, *window: Any
) -> Array:
    """The gradient with respect to the weight."""
    rank = rank_of(function)
    X, G = arrays(function, ("input", "grad_output"), input, grad_output)
    shape = validate.size(function, "weight_size", weight_size)
    steps, output = geometry(function, X.shape, shape, *window)
    same_shape(function, "grad_output", G, "input and weight_size", output)
    filters = *shape[:2], *rank.two(shape[2:], 1)
    return rank.weight(active().conv2d_weight(rank.batch(X), filters, rank.batch(G), *steps))


def bias_gradient(function: str, grad_output: Array) -> Array:
    """The gradient with respect to the bias."""
    rank, G = rank_of(function), array(function, "grad_output", grad_output)
    if G.ndim not in (rank.axes + 1, rank.axes + 2) or 0 in G.shape[-rank.axes - 1 :]:
        raise wrong_value(function, "grad_output", f"shape {G.shape}", rank.outputs)
    return active().conv2d_bias(rank.batch(G))


def geometry(function: str, input: Shape, weight: Shape, *window: Any) -> tuple[Steps, Shape]:
    """Check options and shapes; return what the backend is told, and the shape of the output."""
    for option in window:
        if type(option) is not int:  # True and 1.0 equal integers too
            window = _options(function, *window)
            break
    return _checked(function, input, weight, *window)


def _options(function: str, stride: Any, padding: Any, dilation: Any, groups: int) -> tuple[Any, ...]:
    axes = rank_of(function).axes
    return (
        validate.per_axis(function, "stride", stride, axes=axes),
        validate.padding_or_name(function, padding, PADDINGS, axes),
        validate.per_axis(function, "dilation", dilation, axes=axes),
        validate.integer(function, "groups", groups),
    )


@lru_cache(maxsize=4096)
def _checked(function: str, input: Shape, weight: Shape, *window: Any) -> tuple[Steps, Shape]:
    """The same, of integers or of what `_options` made of the rest: equal ones are of one type."""
    rank, (stride, padding, dilation, groups) = rank_of(function), _options(function, *window)
    input_name = "input_size" if function.endswith("_input") else "input"
    weight_name = "weight_size" if function.endswith("_weight") else "weight"
    rank.check_images(function, input_name, input)
    if len(weight) != rank.axes + 2 or 0 in weight:
        needs = f"(out, in/groups, {rank.taps}), none of them 0"
        raise wrong_value(function, weight_name, f"shape {weight}", needs)
    channels, outputs = input[-rank.axes - 1], weight[0]
    if channels % groups or outputs % groups:
        needs = f"a divisor of the {channels} channels of {input_name} and the {outputs} of {weight_name}"
        raise wrong_value(function, "groups", groups, needs)
    if weight[1] * groups != channels:
        needs = f"(out, {channels // groups}, {rank.taps}) to match {input_name} {input} with groups={groups}"
        raise wrong_value(function, weight_name, f"shape {weight}", needs)
    if padding == "same" and max(stride) > 1:
        needs = "stride 1, numbers, or 'same_upper'"
        raise wrong_value(function, "padding", f"'same' with stride {stride}", needs)

    (h, w), taps = rank.two(input[-rank.axes :], 1), rank.two(weight[2:], 1)
    steps = Steps(rank.two(stride, 1), ((0, 0), (0, 0)), rank.two(dilation, 1), groups)
    if padding in ("same", "same_upper"):
        vertical, horizontal = (
            same_upper(*axis) for axis in zip((h, w), taps, steps.stride, steps.dilation, strict=True)
        )
        steps = steps._replace(padding=(vertical, horizontal))
    elif padding != "valid":
        steps = steps._replace(padding=rank.two(padding, (0, 0)))
    output = _output(function, input_name, rank, input, taps, steps)
    return steps, (*input[: -rank.axes - 1], outputs, *output)


def _output(
    function: str, argument: str, rank: Rank, input: Shape, taps: tuple[int, int], steps: Steps
) -> Shape:
    """The sizes of the output; ValueError where the input is too small or the padding too large."""
    height, width = axes(rank.two(input[-rank.axes :], 1), taps, steps.stride, steps.padding, steps.dilation)
    padded = [axis.size + axis.before + axis.after for axis in (height, width)]
    around = steps.padding[-rank.axes :]
    validate.few_enough(function, "padding", around, (*input[: -rank.axes], *padded))
    found = (height, width)[-rank.axes :]
    for side, axis in zip(rank.sides, found, strict=True):
        if axis.outputs < 1:
            got = f"{side} {axis.size} with padding {(axis.before, axis.after)}"
            needs = f"{side} and padding of at least {axis.reach} in all"
            needs += f" for a filter of {side} {axis.taps} with dilation {axis.dilation}"
            raise wrong_value(function, argument, got, needs)
    return tuple(axis.outputs for axis in found)
