"""Convolution of signals, which are images of height 1, and its gradients."""

from fastconv.ops import convolution
from fastconv.types import Array, LinePadding, Shape, Single


def conv1d(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Single = 1,
    padding: LinePadding | str = 0,
    dilation: Single = 1,
    groups: int = 1,
    relu: bool = False,
) -> Array:
    """Convolve signals with filters, as torch.nn.functional.conv1d.

    The input is (N, C, L), or (C, L) for one signal; weight (K, C/groups, R); bias (K,); all float32
    or all float64; no length is 0, but N. The padding is a number, ((before, after),), "valid",
    "same" or "same_upper", as in `conv2d`. Returns (N, K, P) with
    P = (L + before + after - dilation*(R-1) - 1) // stride + 1; without N if the input has none. In
    memory the channels lie side by side. With `relu` the result is relu(conv1d(...)).
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    return convolution.forward("conv1d", input, weight, bias, stride, padding, dilation, groups, relu)


def conv1d_input(
    input_size: Shape,
    weight: Array,
    grad_output: Array,
    stride: Single = 1,
    padding: LinePadding | str = 0,
    dilation: Single = 1,
    groups: int = 1,
) -> Array:
    """Gradient of conv1d with respect to its input, as torch.nn.grad.conv1d_input.

    Takes weight (K, C/groups, R) and grad_output (N, K, P), with stride, padding, dilation and groups
    as in `conv1d`; returns an array of shape `input_size` = (N, C, L). Both shapes are without N for
    one signal. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    window = stride, padding, dilation, groups
    return convolution.input_gradient("conv1d_input", input_size, weight, grad_output, *window)


def conv1d_weight(
    input: Array,
    weight_size: Shape,
    grad_output: Array,
    stride: Single = 1,
    padding: LinePadding | str = 0,
    dilation: Single = 1,
    groups: int = 1,
) -> Array:
    """Gradient of conv1d with respect to its weight, as torch.nn.grad.conv1d_weight.

    Takes input (N, C, L) and grad_output (N, K, P), both without N for one signal, with stride,
    padding, dilation and groups as in `conv1d`; returns an array of shape
    `weight_size` = (K, C/groups, R).
    Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    window = stride, padding, dilation, groups
    return convolution.weight_gradient("conv1d_weight", input, weight_size, grad_output, *window)


def conv1d_bias(grad_output: Array) -> Array:
    """Gradient of conv1d with respect to its bias: the sum over signals and positions.

    Takes grad_output (N, K, P), or (K, P) for one signal; returns (K,).
    Raises TypeError for wrong types, ValueError for a shape that does not fit.
    """
    return convolution.bias_gradient("conv1d_bias", grad_output)
