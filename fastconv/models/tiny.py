"""The other networks of MLPerf Tiny, for a processor without a GPU: separable convolutions, an autoencoder.

Layers: the training code of the benchmark (Banbury et al., "MLPerf Tiny benchmark", 2021). Where a stride is
2 it pads as TensorFlow does, more below and to the right; here the zeros stand on both sides, as in PyTorch.
"""

import numpy as np
from numpy.typing import DTypeLike

from fastconv import nn, validate
from fastconv.models import blocks
from fastconv.types import Shape


def ds_cnn(
    input_shape: Shape = (1, 49, 10),
    classes: int = 12,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """DS-CNN: a 10x4 convolution of stride 2 and four separable ones, all of 64 filters, with dropout.

    Takes (N, *input_shape), spectrograms of 49 steps and 10 bands for the key words of the benchmark; gives
    (N, classes) logits. 23,756 parameters and 1,152 running statistics for the defaults.
    Design: Zhang et al., "Hello edge: keyword spotting on microcontrollers", 2017.
    """
    channels = blocks.channels(input_shape)
    first = nn.Conv2d(channels, 64, (10, 4), 2, padding=(5, 1), dtype=dtype)
    layers = [*blocks.normalized(first), nn.Dropout(0.2)]
    for _ in range(4):
        layers += blocks.separable(64, 64, dtype)
    halves = max(1, input_shape[1] // 2), max(1, input_shape[2] // 2)
    return blocks.classifier(
        input_shape, [*layers, nn.Dropout(0.4), nn.AvgPool2d(halves)], (), classes, seed, dtype
    )


def mobilenet_v1(
    input_shape: Shape = (3, 96, 96),
    classes: int = 2,
    width: float = 0.25,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """MobileNet: a convolution of stride 2 and 13 separable ones, which halve the image four times more.

    Takes (N, *input_shape), gives (N, classes) logits; `width` is the share of the 32 to 1024 filters of the
    whole network. 216,322 parameters and 5,472 running statistics for the defaults.
    Design: Howard et al., "MobileNets", 2017.
    """
    width = validate.number("mobilenet_v1", "width", width, 1 / 32, 16)
    filters = [max(1, int(width * whole)) for whole in (32, 64, 128, 256, 512, 1024)]
    first = blocks.convolved(blocks.channels(input_shape), filters[0], dtype, stride=2)
    layers = blocks.normalized(first)
    channels = filters[0]
    for stage, (number, outputs) in enumerate(zip((1, 2, 2, 6, 2), filters[1:], strict=True)):
        for index in range(number):
            layers += blocks.separable(channels, outputs, dtype, stride=2 if stage and not index else 1)
            channels = outputs
    return blocks.classifier(input_shape, [*layers, nn.AdaptiveAvgPool2d(1)], (), classes, seed, dtype)


def autoencoder(inputs: int = 640, seed: int | None = None, dtype: DTypeLike = np.float32) -> nn.Sequential:
    """The dense autoencoder: four layers of 128, one of 8, four of 128, each with batch norm and ReLU.

    Takes (N, inputs) and gives (N, inputs), what it makes of them: train it with `MSELoss` and the inputs as
    targets; what it has not seen has a large error. 267,928 parameters and 2,064 running statistics for the
    defaults.
    Design: Koizumi et al., "Description and discussion on DCASE2020 task 2", 2020.
    """
    layers: list[nn.Layer] = []
    features = inputs
    for width in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        layers += [nn.Linear(features, width, dtype=dtype), nn.BatchNorm1d(width, dtype=dtype), nn.ReLU()]
        features = width
    return nn.Sequential(*layers, nn.Linear(features, inputs, dtype=dtype), seed=seed)
