"""Convolution and its gradients."""

from functools import lru_cache
from typing import Any, NamedTuple

from fastconv import validate
from fastconv.backends import active
from fastconv.geometry import Sides, axes
from fastconv.ops.replay import replayed
from fastconv.types import Array, Padding, Pair, Shape
from fastconv.validate import array, arrays, same_shape, wrong_value


@replayed
def conv2d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Pair = 1,
    padding: Padding | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
    relu: bool = False,
) -> Array:
    """Convolve images with filters, as torch.nn.functional.conv2d.

    The input is (N, C, H, W), or (C, H, W) for one image; weight (K, C/groups, R, S); bias (K,);
    all float32 or all float64; no length is 0, but N. The padding is a number, (height, width),
    ((top, bottom), (left, right)), "valid" (none), or "same" (P = H and Q = W, for stride 1; an
    odd total pads more at the bottom and right). Returns (N, K, P, Q) with
    P = (H + top + bottom - dilation*(R-1) - 1) // stride + 1, Q likewise; without N if the input
    has none. With `relu` (PyTorch has no such argument) the result is relu(conv2d(...)), for which memory is
    written once. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    X, W, b = arrays("conv2d", ("input", "weight", "bias"), input, weight, bias, optional=1)
    steps, _ = geometry("conv2d", X.shape, W.shape, stride, padding, dilation, groups)
    if b is not None:
        same_shape("conv2d", "bias", b, "weight", W.shape[:1])
    relu = validate.flag("conv2d", "relu", relu)
    if X.ndim == 3:
        return active().conv2d(X[None], W, b, *steps, relu)[0]
    return active().conv2d(X, W, b, *steps, relu)


@replayed
def conv2d_input(
    input_size: Shape,
    weight: Array,
    grad_output: Array,
    stride: Pair = 1,
    padding: Padding | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    """Gradient of conv2d with respect to its input, as torch.nn.grad.conv2d_input.

    Takes weight (K, C/groups, R, S) and grad_output (N, K, P, Q), with stride, padding, dilation
    and groups as in `conv2d`; returns an array of shape `input_size` = (N, C, H, W). Both shapes
    are without N for one image.
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    W, G = arrays("conv2d_input", ("weight", "grad_output"), weight, grad_output)
    shape = validate.size("conv2d_input", "input_size", input_size)
    steps, output = geometry("conv2d_input", shape, W.shape, stride, padding, dilation, groups)
    same_shape("conv2d_input", "grad_output", G, "input_size and weight", output)
    if G.ndim == 3:
        return active().conv2d_input((1, *shape), W, G[None], *steps)[0]
    return active().conv2d_input(shape, W, G, *steps)


@replayed
def conv2d_weight(
    input: Array,
    weight_size: Shape,
    grad_output: Array,
    stride: Pair = 1,
    padding: Padding | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    """Gradient of conv2d with respect to its weight, as torch.nn.grad.conv2d_weight.

    Takes input (N, C, H, W) and grad_output (N, K, P, Q), both without N for one image, with
    stride, padding, dilation and groups as in `conv2d`; returns an array of shape
    `weight_size` = (K, C/groups, R, S).
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    X, G = arrays("conv2d_weight", ("input", "grad_output"), input, grad_output)
    shape = validate.size("conv2d_weight", "weight_size", weight_size)
    steps, output = geometry("conv2d_weight", X.shape, shape, stride, padding, dilation, groups)
    same_shape("conv2d_weight", "grad_output", G, "input and weight_size", output)
    if X.ndim == 3:
        X, G = X[None], G[None]
    return active().conv2d_weight(X, shape, G, *steps)


@replayed
def conv2d_bias(grad_output: Array) -> Array:
    """Gradient of conv2d with respect to its bias: the sum over images and pixels.

    Takes grad_output (N, K, P, Q), or (K, P, Q) for one image; returns (K,).
    Raises TypeError for wrong types, ValueError for a shape that does not fit.
    """
    G = array("conv2d_bias", "grad_output", grad_output)
    if G.ndim not in (3, 4) or 0 in G.shape[-3:]:
        needs = "(N, K, P, Q) or (K, P, Q) with at least one channel and pixel"
        raise wrong_value("conv2d_bias", "grad_output", f"shape {G.shape}", needs)
    return active().conv2d_bias(G[None] if G.ndim == 3 else G)


class _Steps(NamedTuple):
    """The arguments that end every call of a backend, in its order."""

    stride: tuple[int, int]
    padding: Sides
    dilation: tuple[int, int]
    groups: int


_SHAPES = {
    "conv2d": ("input", "weight"),
    "conv2d_input": ("input_size", "weight"),
    "conv2d_weight": ("input", "weight_size"),
}


def _options(
    function: str, stride: Pair, padding: Padding | str, dilation: Pair, groups: int
) -> tuple[Any, ...]:
    if not isinstance(padding, str):
        padding = validate.padding(function, padding)
    elif padding not in ("same", "valid"):
        raise wrong_value(function, "padding", repr(padding), "'same', 'valid' or numbers")
    return (
        validate.pair(function, "stride", stride),
        padding,
        validate.pair(function, "dilation", dilation),
        validate.integer(function, "groups", groups),
    )


def geometry(function: str, input: Shape, weight: Shape, *options: Any) -> tuple[_Steps, Shape]:
    """Check options and shapes; return what the backend is told, and the shape of the output."""
    for option in options:
        if type(option) is not int:  # True and 1.0 equal integers too
            options = _options(function, *options)
            break
    return _checked(function, input, weight, *options)


@lru_cache(maxsize=4096)
def _checked(function: str, input: Shape, weight: Shape, *options: Any) -> tuple[_Steps, Shape]:
    """The same, of integers or of what `_options` made of the rest: equal ones are of one type."""
    stride, padding, dilation, groups = _options(function, *options)
    input_name, weight_name = _SHAPES[function]
    if len(input) not in (3, 4) or 0 in input[-3:]:
        needs = "(N, C, H, W) or (C, H, W) with at least one channel and pixel"
        raise wrong_value(function, input_name, f"shape {input}", needs)
    if len(weight) != 4 or 0 in weight:
        needs = "(out, in/groups, kH, kW), none of them 0"
        raise wrong_value(function, weight_name, f"shape {weight}", needs)
    channels, outputs, filter_size = input[-3], weight[0], weight[2:]
    if channels % groups or outputs % groups:
        needs = f"a divisor of the {channels} channels of {input_name} and the {outputs} of {weight_name}"
        raise wrong_value(function, "groups", groups, needs)
    if weight[1] * groups != channels:
        needs = f"(out, {channels // groups}, kH, kW) to match {input_name} {input} with groups={groups}"
        raise wrong_value(function, weight_name, f"shape {weight}", needs)

    if padding == "same" and stride != (1, 1):
        raise wrong_value(function, "padding", f"'same' with stride {stride}", "stride 1, or numbers")
    around = _named_padding(padding, filter_size, dilation) if isinstance(padding, str) else padding
    padded = input[-2] + sum(around[0]), input[-1] + sum(around[1])
    validate.few_enough(function, "padding", around, (*input[:-2], *padded))
    height, width = axes(input, filter_size, stride, around, dilation)
    for side, axis in (("height", height), ("width", width)):
        if axis.outputs < 1:
            got = f"{side} {axis.size} with padding {(axis.before, axis.after)}"
            needs = f"{side} and padding of at least {axis.reach} in all"
            needs += f" for a filter of {side} {axis.taps} with dilation {axis.dilation}"
            raise wrong_value(function, input_name, got, needs)
    output = (*input[:-3], outputs, height.outputs, width.outputs)
    return _Steps(stride, around, dilation, groups), output


def _named_padding(name: str, filter_size: Shape, dilation: tuple[int, int]) -> Sides:
    if name == "valid":
        return (0, 0), (0, 0)
    height, width = (d * (k - 1) for k, d in zip(filter_size, dilation, strict=True))
    return (height // 2, height - height // 2), (width // 2, width - width // 2)
