"""Convolution of images and its gradients."""

from fastconv.ops import convolution
from fastconv.types import Array, Padding, Pair, Shape


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
    ((top, bottom), (left, right)), "valid" (none), "same" (P = H and Q = W, for stride 1), or
    "same_upper" (P = H / stride rounded up, Q likewise: what TensorFlow calls "same"); where its
    total is odd, a name pads more at the bottom and right. Returns (N, K, P, Q) with
    P = (H + top + bottom - dilation*(R-1) - 1) // stride + 1, Q likewise; without N if the input
    has none. With `relu` (PyTorch has no such argument) the result is relu(conv2d(...)), for which memory is
    written once. Raises TypeError for wrong types, ValueError for shapes and values that do not fit.
    """
    return convolution.forward("conv2d", input, weight, bias, stride, padding, dilation, groups, relu)


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
    window = stride, padding, dilation, groups
    return convolution.input_gradient("conv2d_input", input_size, weight, grad_output, *window)


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
    window = stride, padding, dilation, groups
    return convolution.weight_gradient("conv2d_weight", input, weight_size, grad_output, *window)


def conv2d_bias(grad_output: Array) -> Array:
    """Gradient of conv2d with respect to its bias: the sum over images and pixels.

    Takes grad_output (N, K, P, Q), or (K, P, Q) for one image; returns (K,).
    Raises TypeError for wrong types, ValueError for a shape that does not fit.
    """
    return convolution.bias_gradient("conv2d_bias", grad_output)
