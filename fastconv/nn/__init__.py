"""Layers and losses, with PyTorch's arguments and parameter names.

A layer's forward returns its output and a closure for the gradient; see `Layer`.
"""

from fastconv.nn.activation import ReLU, Sigmoid, Softmax
from fastconv.nn.avg_pool import AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool1d, AvgPool2d
from fastconv.nn.base import Layer
from fastconv.nn.containers import Sequential
from fastconv.nn.conv import Conv1d, Conv2d
from fastconv.nn.conv_transpose import ConvTranspose2d
from fastconv.nn.dense import Linear
from fastconv.nn.dropout import Dropout
from fastconv.nn.losses import BCEWithLogitsLoss, CrossEntropyLoss, Loss, MSELoss
from fastconv.nn.max_pool import AdaptiveMaxPool2d, MaxPool1d, MaxPool2d
from fastconv.nn.shape import Flatten, Identity
from fastconv.nn.tree import prefixed

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "BCEWithLogitsLoss",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "CrossEntropyLoss",
    "Dropout",
    "Flatten",
    "Identity",
    "Layer",
    "Linear",
    "Loss",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "prefixed",
]
