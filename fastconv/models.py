"""Ready networks: the two of the derivation, and the usual small image classifiers.

Every model ends in logits: train it with `CrossEntropyLoss`, or `BCEWithLogitsLoss` where it has one output.
`build` makes any of them for given images and classes; `names` lists them.
"""

import difflib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from fastconv import nn, validate
from fastconv.types import Pair, Shape


def derivation_cnn(
    size: Pair = 6,
    channels: int = 1,
    filters: int = 1,
    kernel_size: Pair = 3,
    pool: Pair = 2,
    outputs: int = 1,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """The derivation's convolutional network: convolution, ReLU, max-pooling, one dense layer.

    Takes (N, channels, size, size), gives (N, outputs) logits; one output goes with `BCEWithLogitsLoss`.
    `size` may be (height, width). ValueError where filter or pooling window do not fit into the image.
    """
    height, width = validate.pair("derivation_cnn", "size", size)
    features = (
        nn.Conv2d(channels, filters, kernel_size, dtype=dtype),
        nn.ReLU(),
        nn.MaxPool2d(pool),
    )
    return _classifier((channels, height, width), features, (), outputs, seed, dtype)


def derivation_mlp(
    inputs: int = 3072,
    hidden: int = 50,
    classes: int = 10,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """The derivation's network of two dense layers with a ReLU between them, for `CrossEntropyLoss`.

    Takes (N, inputs), gives (N, classes) logits.
    """
    return _dense([], inputs, (hidden,), classes, seed, dtype)


def digits(
    input_shape: Shape = (1, 8, 8), classes: int = 10, seed: int | None = None, dtype: DTypeLike = np.float32
) -> nn.Sequential:
    """A LeNet for small images, such as the bundled 8 x 8 digits: two padded convolutions, two dense layers.

    Takes (N, *input_shape), at least 4 x 4; gives (N, classes) logits.
    """
    features = (
        *_convolution(_channels(input_shape), 16, dtype, padding=1),
        nn.MaxPool2d(2),
        *_convolution(16, 32, dtype, padding=1),
        nn.MaxPool2d(2),
    )
    return _classifier(input_shape, features, (64,), classes, seed, dtype)


def lenet5(
    input_shape: Shape = (1, 28, 28),
    classes: int = 10,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """LeNet-5 with ReLU and max-pooling: 6 and 16 filters of 5 x 5, dense layers of 120 and 84.

    Takes (N, *input_shape), at least 12 x 12; gives (N, classes) logits.
    Shapes: LeCun et al., "Gradient-based learning applied to document recognition", 1998.
    """
    features = (
        *_convolution(_channels(input_shape), 6, dtype, kernel_size=5, padding=2),
        nn.MaxPool2d(2),
        *_convolution(6, 16, dtype, kernel_size=5),
        nn.MaxPool2d(2),
    )
    return _classifier(input_shape, features, (120, 84), classes, seed, dtype)


def mnist_cnn(
    input_shape: Shape = (1, 28, 28),
    classes: int = 10,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """The usual MNIST network: 32 and 64 filters of 3 x 3, one pooling, a dense layer of 128.

    Takes (N, *input_shape), at least 6 x 6; gives (N, classes) logits.
    Shapes: PyTorch's MNIST example (without its dropout).
    """
    features = (
        *_convolution(_channels(input_shape), 32, dtype),
        *_convolution(32, 64, dtype),
        nn.MaxPool2d(2),
    )
    return _classifier(input_shape, features, (128,), classes, seed, dtype)


def vgg_cifar(
    input_shape: Shape = (3, 32, 32),
    classes: int = 10,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """A small VGG: three stages of two padded 3 x 3 convolutions (32, 64, 128 filters), a dense layer of 128.

    Takes (N, *input_shape), at least 8 x 8; gives (N, classes) logits.
    Design: Simonyan and Zisserman, "Very deep convolutional networks", 2015.
    """
    features: list[nn.Layer] = []
    channels = _channels(input_shape)
    for filters in (32, 64, 128):
        features += _convolution(channels, filters, dtype, padding=1)
        features += _convolution(filters, filters, dtype, padding=1)
        features.append(nn.MaxPool2d(2))
        channels = filters
    return _classifier(input_shape, features, (128,), classes, seed, dtype)


def names() -> tuple[str, ...]:
    """The names that `build` knows."""
    return tuple(_BUILDERS)


def build(
    name: str,
    input_shape: Shape | None = None,
    classes: int | None = None,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """The model called `name` for images of `input_shape` (channels, height, width), with `classes` logits.

    What is left out is as usual for this model. ValueError: an unknown name, or a shape that does not fit.
    """
    if not isinstance(name, str):
        raise validate.wrong_type("build", "name", type(name).__name__, f"one of {', '.join(_BUILDERS)}")
    if name not in _BUILDERS:
        close = difflib.get_close_matches(name, _BUILDERS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"build: name: got {name!r}, needs one of {', '.join(_BUILDERS)}{hint}")
    options: dict[str, Any] = {"seed": seed, "dtype": dtype}
    if classes is not None:
        options["classes"] = classes
    if input_shape is not None:
        options["input_shape"] = validate.size("build", "input_shape", input_shape)
    return _BUILDERS[name](**options)


def _derivation_cnn(input_shape: Shape = (1, 6, 6), classes: int = 1, **options: Any) -> nn.Sequential:
    channels, (_, height, width) = _channels(input_shape), input_shape
    return derivation_cnn((height, width), channels, outputs=classes, **options)


def _derivation_mlp(
    input_shape: Shape = (3, 32, 32),
    classes: int = 10,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    flatten = [nn.Flatten()] if len(input_shape) > 1 else []
    return _dense(flatten, math.prod(input_shape), (50,), classes, seed, dtype)


_BUILDERS: dict[str, Callable[..., nn.Sequential]] = {
    "derivation_cnn": _derivation_cnn,
    "derivation_mlp": _derivation_mlp,
    "digits": digits,
    "lenet5": lenet5,
    "mnist_cnn": mnist_cnn,
    "vgg_cifar": vgg_cifar,
}


def _channels(input_shape: Shape) -> int:
    """The first of (channels, height, width)."""
    input_shape = validate.size("models", "input_shape", input_shape)
    if len(input_shape) != 3 or min(input_shape) < 1:
        raise ValueError(
            f"models: input_shape: got {input_shape}, needs (channels, height, width), all positive"
        )
    return input_shape[0]


def _convolution(
    channels: int, filters: int, dtype: DTypeLike, kernel_size: int = 3, padding: int = 0
) -> tuple[nn.Layer, nn.Layer]:
    """A convolution and its ReLU."""
    return nn.Conv2d(channels, filters, kernel_size, padding=padding, dtype=dtype), nn.ReLU()


def _classifier(
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
    return _dense(layers, inputs, hidden, classes, seed, dtype)


def _dense(
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
