"""On which smooth piece of a layer or a loss its input lies: what tells a kink from a wrong gradient."""

from functools import singledispatch
from typing import Any

import numpy as np

from fastconv import functional as F
from fastconv import nn
from fastconv.types import Array


@singledispatch
def piece(layer: nn.Layer, x: Array) -> Any:
    """For each example in x which piece it lies on; None for a layer that is smooth everywhere."""
    return None


@piece.register
def _rectifier(layer: nn.ReLU | nn.LeakyReLU | nn.PReLU, x: Array) -> Any:
    return x > 0


@piece.register
def _elu(layer: nn.ELU, x: Array) -> Any:
    return None if layer.alpha == 1 else x > 0


@piece.register
def _relu6(layer: nn.ReLU6, x: Array) -> Any:
    return _side(x, 0, 6)


@piece.register
def _hardtanh(layer: nn.Hardtanh, x: Array) -> Any:
    return _side(x, layer.min_val, layer.max_val)


@piece.register
def _hard(layer: nn.Hardsigmoid | nn.Hardswish, x: Array) -> Any:
    return _side(x, -3, 3)


@piece.register
def _softplus(layer: nn.Softplus, x: Array) -> Any:
    return layer.beta * x > layer.threshold


def _side(x: Array, low: float, high: float) -> Array:
    """Whether each entry lies below, between or above two bounds."""
    return np.add(x > low, x >= high, dtype=np.int8)


@piece.register
def _max_pool1d(layer: nn.MaxPool1d, x: Array) -> Any:
    return F.max_pool1d(x, *layer.window, return_indices=True)[1]


@piece.register
def _max_pool2d(layer: nn.MaxPool2d, x: Array) -> Any:
    return F.max_pool2d(x, *layer.window, return_indices=True)[1]


@piece.register
def _adaptive_max_pool2d(layer: nn.AdaptiveMaxPool2d, x: Array) -> Any:
    return F.adaptive_max_pool2d(x, layer.output_size, return_indices=True)[1]


@piece.register
def _largest(layer: nn.Maximum, x: tuple[Array, ...]) -> Any:
    return np.argmax(np.stack(np.broadcast_arrays(*x)), axis=0)


@piece.register
def _smallest(layer: nn.Minimum, x: tuple[Array, ...]) -> Any:
    return np.argmin(np.stack(np.broadcast_arrays(*x)), axis=0)


@singledispatch
def loss_piece(loss: nn.Loss, output: Array, y: Array) -> Any:
    """The same of a loss: for each entry of its output."""
    return None


@loss_piece.register
def _distances(loss: nn.L1Loss, output: Array, y: Array) -> Any:
    return output > y


@loss_piece.register
def _smooth_distances(loss: nn.SmoothL1Loss, output: Array, y: Array) -> Any:
    return None if loss.beta else output > y


@loss_piece.register
def _probabilities(loss: nn.BCELoss, output: Array, y: Array) -> Any:
    return _side(output, 0, 1)


def within(loss: nn.Loss, output: Array) -> Array:
    """An output moved back to where the loss has a value."""
    return np.clip(output, 0, 1) if isinstance(loss, nn.BCELoss) else output


def room(loss: nn.Loss, output: Array) -> Array | None:
    """How far each entry of an output may be moved before the loss has no value; None for any distance."""
    return np.minimum(output, 1 - output) if isinstance(loss, nn.BCELoss) else None
