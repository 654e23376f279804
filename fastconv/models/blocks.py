"""What the networks are built from: a convolution with its ReLU, dense layers with theirs, a classifier."""

from collections.abc import Sequence

from numpy.typing import DTypeLike

from fastconv import nn, validate
from fastconv.types import Shape


def channels(input_shape: Shape) -> int:
    """The first of (channels, height, width)."""
    input_shape = validate.size("models", "input_shape", input_shape)
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise ValueError(
            f"models: input_shape: got {input_shape}, needs (channels, height, width), all positive"
        )
    return input_shape[0]


def convolution(
    channels: int, filters: int, dtype: DTypeLike, kernel_size: int = 3, padding: int = 0
) -> tuple[nn.Layer, nn.Layer]:
    """A convolution and its ReLU."""
    return nn.Conv2d(channels, filters, kernel_size, padding=padding, dtype=dtype), nn.ReLU()


def convolved(channels: int, filters: int, dtype: DTypeLike, stride: int = 1, bias: bool = True) -> nn.Conv2d:
    """A 3x3 convolution that keeps the size, or with a stride of 2 halves it."""
    return nn.Conv2d(channels, filters, 3, stride, padding=1, bias=bias, dtype=dtype)


def normalized(convolution: nn.Conv2d) -> list[nn.Layer]:
    """A convolution with its batch norm and its ReLU."""
    norm = nn.BatchNorm2d(convolution.out_channels, dtype=convolution.dtype)
    return [convolution, norm, nn.ReLU()]


def separable(channels: int, filters: int, dtype: DTypeLike, stride: int = 1) -> list[nn.Layer]:
    """A 3x3 convolution of each channel alone, then a 1x1 convolution of all, both with norm and ReLU."""
    each = nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, dtype=dtype)
    return [*normalized(each), *normalized(nn.Conv2d(channels, filters, 1, dtype=dtype))]


def classifier(
    input_shape: Shape,
    features: Sequence[nn.Layer],
    hidden: Sequence[int],
    classes: int,
    seed: int | None,
    dtype: DTypeLike,
) -> nn.Sequential:
    """`features`, flattened, then dense layers of the `hidden` sizes with ReLU, then `classes` logits."""
    layers = [*features, nn.Flatten()]
    (inputs,) = nn.Sequential(*layers).output_shape(input_shape)
    return dense(layers, inputs, hidden, classes, seed, dtype)


def dense(
    layers: Sequence[nn.Layer],
    inputs: int,
    hidden: Sequence[int],
    outputs: int,
    seed: int | None,
    dtype: DTypeLike,
) -> nn.Sequential:
    """`layers`, then dense layers of the `hidden` sizes with ReLU, then a dense layer of `outputs`."""
    layers = list(layers)
    for width in hidden:
        layers += [nn.Linear(inputs, width, dtype=dtype), nn.ReLU()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs, dtype=dtype), seed=seed)
