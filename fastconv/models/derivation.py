"""The two networks of the derivation: one with a convolution, one of dense layers."""

import numpy as np
from numpy.typing import DTypeLike

from fastconv import nn, validate
from fastconv.models import blocks
from fastconv.types import Pair


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
    return blocks.classifier((channels, height, width), features, (), outputs, seed, dtype)


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
    return blocks.dense([], inputs, (hidden,), classes, seed, dtype)
