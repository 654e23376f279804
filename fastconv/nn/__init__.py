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
from fastconv.nn.affine import Affine
from fastconv.nn.avg_pool import AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool1d, AvgPool2d
from fastconv.nn.axes import Mean, Permute, Slice
from fastconv.nn.base import Layer
from fastconv.nn.containers import (
    Add,
    Concat,
    Concatenate,
    Divide,
    Graph,
    Maximum,
    Minimum,
    Multiply,
    Residual,
    Sequential,
    Subtract,
)
from fastconv.nn.conv import Conv1d, Conv2d
from fastconv.nn.conv_transpose import ConvTranspose2d
from fastconv.nn.dense import Linear
from fastconv.nn.dropout import Dropout, Dropout2d
from fastconv.nn.instance_norm import InstanceNorm1d, InstanceNorm2d
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
from fastconv.nn.norm import BatchNorm1d, BatchNorm2d, GroupNorm
from fastconv.nn.padding import (
    CircularPad1d,
    CircularPad2d,
    ConstantPad1d,
    ConstantPad2d,
    ReflectionPad1d,
    ReflectionPad2d,
    ReplicationPad1d,
    ReplicationPad2d,
    ZeroPad1d,
    ZeroPad2d,
)
from fastconv.nn.power import Power
from fastconv.nn.resample import PixelShuffle, Upsample
from fastconv.nn.response_norm import LocalResponseNorm
from fastconv.nn.shape import Flatten, Identity, Reshape, Unflatten
from fastconv.nn.tree import prefixed

__all__ = [
    "ELU",
    "GELU",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "Add",
    "Affine",
    "AvgPool1d",
    "AvgPool2d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "CircularPad1d",
    "CircularPad2d",
    "Concat",
    "Concatenate",
    "ConstantPad1d",
    "ConstantPad2d",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "CrossEntropyLoss",
    "Divide",
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
    "InstanceNorm1d",
    "InstanceNorm2d",
    "L1Loss",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "LogSoftmax",
    "Loss",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "Maximum",
    "Mean",
    "Minimum",
    "Multiply",
    "NLLLoss",
    "PReLU",
    "Permute",
    "PixelShuffle",
    "Power",
    "ReLU",
    "ReLU6",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "Reshape",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Slice",
    "SmoothL1Loss",
    "Softmax",
    "Softplus",
    "Subtract",
    "Tanh",
    "Unflatten",
    "Upsample",
    "ZeroPad1d",
    "ZeroPad2d",
    "prefixed",
]
