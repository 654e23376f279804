"""Rows that are whole networks: a step of training, a prediction. The same numbers in every process."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from fastconv import models, nn
from fastconv.backends import backend
from fastconv.benchmark import inputs
from fastconv.benchmark.rows import Row
from fastconv.models import blocks
from fastconv.types import Array, Shape

LEARNING_RATE = 1e-3
"""Small, since a row trains on one batch again and again."""
MOMENTUM = 0.9
SOME = 2
"""Samples of a prediction that are compared with the reference."""


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


def without_dropout(network: Any) -> dict[Any, float]:
    """Switches dropout off, which draws other numbers in each system; what `with_dropout` needs to end it."""
    probabilities = {layer: layer.p for layer in network.modules() if type(layer).__name__ == "Dropout"}
    with_dropout(dict.fromkeys(probabilities, 0.0))
    return probabilities


def with_dropout(probabilities: dict[Any, float]) -> None:
    """Switches dropout on again."""
    for layer, p in probabilities.items():
        layer.p = p


def expected(row: Row, which: str) -> tuple[tuple[slice, ...], Array]:
    """By the reference, in float64: the last outputs of a prediction, the loss of the first step."""
    network = model(row).astype(np.float64)
    x, y = batch(row)
    with backend("reference"):
        if which == "predict":
            return (slice(-SOME, None),), network.predict(x[-SOME:].astype(np.float64))
        without_dropout(network)
        output, _ = network.forward(x.astype(np.float64))
        return (), np.asarray(loss(row)(output, y.astype(np.float64) if y.dtype.kind == "f" else y))


@lru_cache(maxsize=64)
def operations(row: Row, which: str) -> int:
    """Twice the multiply-adds, and in training of each gradient likewise."""
    once = 2 * row.size[0] * model(row).multiply_adds(row.size[1:])
    return 3 * once if which == "train" else once


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
