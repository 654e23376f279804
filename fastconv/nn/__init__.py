"""Layers and losses, with PyTorch's arguments and parameter names.

A layer's forward returns its output and a closure for the gradient; see `Layer`.
"""

from fastconv.nn.activation import (
    ELU,
    GELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSoftmax,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from fastconv.nn.avg_pool import AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool1d, AvgPool2d
from fastconv.nn.base import Layer
from fastconv.nn.containers import Add, Concat, Concatenate, Graph, Residual, Sequential
from fastconv.nn.conv import Conv1d, Conv2d
from fastconv.nn.conv_transpose import ConvTranspose2d
from fastconv.nn.dense import Linear
from fastconv.nn.dropout import Dropout, Dropout2d
from fastconv.nn.layer_norm import LayerNorm
from fastconv.nn.losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    L1Loss,
    Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from fastconv.nn.max_pool import AdaptiveMaxPool2d, MaxPool1d, MaxPool2d
from fastconv.nn.norm import BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm2d
from fastconv.nn.resample import PixelShuffle, Upsample, ZeroPad2d
from fastconv.nn.shape import Flatten, Identity, Unflatten
from fastconv.nn.tree import prefixed

__all__ = [
    "ELU",
    "GELU",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "Add",
    "AvgPool1d",
    "AvgPool2d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "Concat",
    "Concatenate",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "CrossEntropyLoss",
    "Dropout",
    "Dropout2d",
    "Flatten",
    "Graph",
    "GroupNorm",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "HuberLoss",
    "Identity",
    "InstanceNorm2d",
    "L1Loss",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "Loss",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "NLLLoss",
    "PReLU",
    "PixelShuffle",
    "ReLU",
    "ReLU6",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "Softmax",
    "Softplus",
    "Tanh",
    "Unflatten",
    "Upsample",
    "ZeroPad2d",
    "prefixed",
]
