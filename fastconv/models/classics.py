"""The usual small image classifiers: LeNet-5, the MNIST network, a small VGG, a LeNet for the digits."""

import numpy as np
from numpy.typing import DTypeLike

from fastconv import nn
from fastconv.models import blocks
from fastconv.types import Shape


def digits(
    input_shape: Shape = (1, 8, 8), classes: int = 10, seed: int | None = None, dtype: DTypeLike = np.float32
) -> nn.Sequential:
    """A LeNet for small images, such as the bundled 8 x 8 digits: two padded convolutions, two dense layers.

    Takes (N, *input_shape), at least 4 x 4; gives (N, classes) logits.
    """
    features = (
        *blocks.convolution(blocks.channels(input_shape), 16, dtype, padding=1),
        nn.MaxPool2d(2),
        *blocks.convolution(16, 32, dtype, padding=1),
        nn.MaxPool2d(2),
    )
    return blocks.classifier(input_shape, features, (64,), classes, seed, dtype)


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
        *blocks.convolution(blocks.channels(input_shape), 6, dtype, kernel_size=5, padding=2),
        nn.MaxPool2d(2),
        *blocks.convolution(6, 16, dtype, kernel_size=5),
        nn.MaxPool2d(2),
    )
    return blocks.classifier(input_shape, features, (120, 84), classes, seed, dtype)


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
        *blocks.convolution(blocks.channels(input_shape), 32, dtype),
        *blocks.convolution(32, 64, dtype),
        nn.MaxPool2d(2),
    )
    return blocks.classifier(input_shape, features, (128,), classes, seed, dtype)


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
    channels = blocks.channels(input_shape)
    for filters in (32, 64, 128):
        features += blocks.convolution(channels, filters, dtype, padding=1)
        features += blocks.convolution(filters, filters, dtype, padding=1)
        features.append(nn.MaxPool2d(2))
        channels = filters
    return blocks.classifier(input_shape, features, (128,), classes, seed, dtype)
