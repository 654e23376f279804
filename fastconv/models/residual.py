"""Residual networks for small images: the ResNet-20 of CIFAR-10, and the ResNet-8 of MLPerf Tiny."""

import numpy as np
from numpy.typing import DTypeLike

from fastconv import nn
from fastconv.models import blocks
from fastconv.types import Shape


def resnet20(
    input_shape: Shape = (3, 32, 32),
    classes: int = 10,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """ResNet-20: a convolution, three stages of three residual blocks (16, 32, 64 filters), a classifier.

    Takes (N, *input_shape), gives (N, classes) logits. The convolutions have no bias; where a stage halves
    the image, its shortcut is a 1x1 convolution with batch norm. 272,474 parameters for (3, 32, 32) images
    and 10 classes.
    Design: He et al., "Deep residual learning for image recognition", 2015, section 4.2, shortcuts of type B.
    """
    layers = blocks.normalized(blocks.convolved(blocks.channels(input_shape), 16, dtype, bias=False))
    channels = 16
    for filters in (16, 32, 64):
        for number in range(3):
            stride = 2 if filters > 16 and not number else 1
            body = [
                *blocks.normalized(blocks.convolved(channels, filters, dtype, stride=stride, bias=False)),
                *blocks.normalized(blocks.convolved(filters, filters, dtype, bias=False))[:2],
            ]
            shortcut = None
            if stride > 1:
                one = nn.Conv2d(channels, filters, 1, stride, bias=False, dtype=dtype)
                shortcut = nn.Sequential(*blocks.normalized(one)[:2])
            layers += [nn.Residual(nn.Sequential(*body), shortcut), nn.ReLU()]
            channels = filters
    return blocks.classifier(input_shape, [*layers, nn.AdaptiveAvgPool2d(1)], (), classes, seed, dtype)


def resnet8(
    input_shape: Shape = (3, 32, 32),
    classes: int = 10,
    seed: int | None = None,
    dtype: DTypeLike = np.float32,
) -> nn.Sequential:
    """ResNet-8: a convolution and three residual blocks of 16, 32 and 64 filters, a mean, a classifier.

    Takes (N, *input_shape), gives (N, classes) logits. Where a block halves the image, its shortcut is a 1x1
    convolution. 78,186 parameters and 480 running statistics for (3, 32, 32) images and 10 classes.
    Layers: the image classifier of MLPerf Tiny, whose zeros at stride 2 are all below and to the right.
    """
    layers = blocks.normalized(blocks.convolved(blocks.channels(input_shape), 16, dtype))
    for channels, filters in ((16, 16), (16, 32), (32, 64)):
        stride = filters // channels
        body = [
            *blocks.normalized(blocks.convolved(channels, filters, dtype, stride=stride)),
            *blocks.normalized(blocks.convolved(filters, filters, dtype))[:2],
        ]
        shortcut = nn.Conv2d(channels, filters, 1, stride, dtype=dtype) if stride > 1 else None
        layers += [nn.Residual(nn.Sequential(*body), shortcut), nn.ReLU()]
    return blocks.classifier(input_shape, [*layers, nn.AdaptiveAvgPool2d(1)], (), classes, seed, dtype)
