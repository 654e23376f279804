"""Rows that are whole networks."""

import numpy as np
import pytest

import fastconv
from fastconv import nn
from fastconv.benchmark import networks, rows
from fastconv.benchmark.rows import parse

ROWS = rows.read("networks")
PARAMETERS = {
    "autoencoder": 267_928,
    "derivation_cnn": 15,
    "derivation_mlp": 154_160,
    "ds_cnn": 23_756,
    "lenet5": 61_706,
    "lenet5_unpadded": 44_426,
    "mnist_cnn": 1_199_882,
    "mobilenet_v1": 216_322,
    "resnet8": 78_186,
    "resnet20": 272_474,
    "unet_small": 117_090,
    "vgg_cifar": 550_570,
}
"""As published where there is a publication, else as documented in `fastconv.models`."""


def test_every_network_has_its_parameters():
    counted = {networks.name(row): _count(networks.model(row)) for row in ROWS}
    assert counted == PARAMETERS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_name_ends_with_the_batch(row):
    assert row.name.split() == [networks.name(row), str(row.size[0])]


@pytest.mark.parametrize(
    ("line", "kind", "target"),
    [
        ("network 3 1 6 6 | | | derivation_cnn 3", "BCEWithLogitsLoss", (np.float32, (3, 1))),
        ("network 3 12 | | | derivation_mlp 3", "CrossEntropyLoss", (np.int64, (3,))),
        ("network 3 12 | | | autoencoder 3", "MSELoss", (np.float32, (3, 12))),
        ("network 3 1 8 8 | | | unet_small 3", "CrossEntropyLoss", (np.int64, (3, 8, 8))),
    ],
)
def test_targets_are_what_the_loss_takes(line, kind, target):
    row = parse(line)
    x, y = networks.batch(row)
    assert (x.dtype, x.shape) == (np.float32, row.size)
    assert (y.dtype, y.shape) == target
    assert type(networks.loss(row)).__name__ == kind
    with fastconv.backend("reference"):
        assert np.isfinite(networks.loss(row)(networks.model(row)(x), y))


def test_an_unknown_network():
    with pytest.raises(ValueError, match="got 'lenet6', needs one of derivation_cnn, "):
        networks.model(parse("network 1 1 28 28 | | | lenet6 1"))


def _count(model):
    return sum(array.size for array in model.parameters().values())


def test_steps_that_are_compared_have_no_dropout_and_a_network_of_their_own():
    row = parse("network 2 1 8 6 | | | ds_cnn 2")
    begun = []

    def begin(model, learning_rate):
        dropout = {layer.p for layer in model.modules() if isinstance(layer, nn.Dropout)}
        begun.append((model, learning_rate, dropout))
        return iter(range(10)).__next__

    task = networks.training(row, begin)
    assert [task.call(), task.call()] == [0, 1]
    np.testing.assert_array_equal(task.arrays(1), [[0, 1, 2, 3, 4]])
    (timed, rate, dropout), (compared, other, none) = begun
    assert timed is not compared
    assert (rate, dropout) == (networks.LEARNING_RATE, {0.2, 0.4})
    assert (other, none) == (1e-2, {0})


def test_the_first_loss_is_that_of_the_reference():
    row = parse("network 3 12 | | | derivation_mlp 3")
    place, wanted = networks.expected(row, "train")
    x, y = networks.batch(row)
    with fastconv.backend("reference"):
        np.testing.assert_allclose(wanted, [networks.loss(row)(networks.model(row)(x), y)], rtol=1e-6)
    assert np.arange(5)[place].shape == wanted.shape
