"""Rows that are whole networks: a step of training, a prediction. The same numbers in every process."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from fastconv import models, nn
from fastconv.backends import backend
from fastconv.benchmark import inputs
from fastconv.benchmark.rows import Row
from fastconv.benchmark.task import Task
from fastconv.models import blocks
from fastconv.types import Array, Shape

LEARNING_RATE = 1e-3
"""Small, since a row trains on one batch again and again."""
MOMENTUM = 0.9
SOME = 2
"""Samples of a prediction that are compared with the reference."""
STEPS = 5
"""Steps of a training whose losses are compared between the systems."""
RATE = 0.1
"""Learning rate of these steps, with which the losses change by much more than by rounding."""


def name(row: Row) -> str:
    """The network, as `fastconv.models` or the table here names it: the first word of the row's name."""
    return row.name.split()[0]


def model(row: Row) -> nn.Sequential:
    """The network that the row names, for its size of samples; its name decides the parameters."""
    network, shape = name(row), row.size[1:]
    if network in _BUILDERS:
        return _BUILDERS[network](shape, seed=len(network))
    return models.build(network, shape, seed=len(network))


def batch(row: Row) -> tuple[Array, Array]:
    """Samples, and targets as the network's loss takes them."""
    rng = np.random.default_rng(inputs.seed(row, "input"))
    x = rng.standard_normal(row.size, np.float32)
    if name(row) == "autoencoder":
        return x, x
    classes, *pixels = model(row).output_shape(row.size[1:])
    if name(row) == "derivation_cnn":
        return x, rng.integers(0, 2, (row.size[0], classes)).astype(np.float32)
    return x, rng.integers(0, classes, (row.size[0], *pixels))


def loss(row: Row) -> nn.Loss:
    """What the network is trained with."""
    return _LOSSES.get(name(row), nn.CrossEntropyLoss)()


def training(row: Row, begin: Callable[[nn.Sequential, float], Callable[[], float]]) -> Task:
    """The task of a system whose `begin(model, learning_rate)` begins a training: it returns the step.

    A step returns the loss. Timed are the steps of one training. Compared are the first losses of another,
    without dropout, which draws other numbers in each system.
    """

    def losses(_: Any) -> list[Array]:
        step = begin(_without_dropout(model(row)), _RATES.get(name(row), RATE))
        return [np.array([step() for _ in range(STEPS)])]

    return Task(begin(model(row), LEARNING_RATE), losses)


def expected(row: Row, which: str) -> tuple[tuple[slice, ...], Array]:
    """By the reference, in float64: the last outputs of a prediction, the loss of the first step."""
    network = model(row).astype(np.float64)
    x, y = batch(row)
    with backend("reference"):
        if which == "predict":
            return (slice(-SOME, None),), network.predict(x[-SOME:].astype(np.float64))
        output, _ = _without_dropout(network).forward(x.astype(np.float64))
        first = loss(row)(output, y.astype(np.float64) if y.dtype.kind == "f" else y)
        return (slice(1),), np.array([first])


@lru_cache(maxsize=64)
def operations(row: Row, which: str) -> int:
    """Twice the multiply-adds, and in training of each gradient likewise."""
    once = 2 * row.size[0] * model(row).multiply_adds(row.size[1:])
    return 3 * once if which == "train" else once


def _without_dropout(network: nn.Sequential) -> nn.Sequential:
    for layer in network.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    return network


def _lenet5_unpadded(input_shape: Shape, seed: int) -> nn.Sequential:
    """LeNet-5 without zeros around the image, as SimpleChains.jl measures it: 44,426 parameters for MNIST."""
    features = (
        *blocks.convolution(blocks.channels(input_shape), 6, np.float32, kernel_size=5),
        nn.MaxPool2d(2),
        *blocks.convolution(6, 16, np.float32, kernel_size=5),
        nn.MaxPool2d(2),
    )
    return blocks.classifier(input_shape, features, (120, 84), 10, seed, np.float32)


def _autoencoder(input_shape: Shape, seed: int) -> nn.Sequential:
    (inputs,) = input_shape
    return models.autoencoder(inputs, seed)


_BUILDERS: dict[str, Callable[..., nn.Sequential]] = {
    "autoencoder": _autoencoder,
    "lenet5_unpadded": _lenet5_unpadded,
    "unet_small": models.unet_small,
}
"""Networks that `models.build` does not make."""

_LOSSES: dict[str, type[nn.Loss]] = {"autoencoder": nn.MSELoss, "derivation_cnn": nn.BCEWithLogitsLoss}
"""Losses of networks that are no classifiers of several classes."""

_RATES = {
    **dict.fromkeys(("ds_cnn", "resnet8", "unet_small"), 1e-2),
    **dict.fromkeys(("autoencoder", "resnet20"), 1e-3),
    "mobilenet_v1": 1e-6,
}
"""Networks with batch norm, whose losses soon depend on rounding, need another one than `RATE`."""
