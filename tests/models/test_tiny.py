import numpy as np
import pytest

from fastconv import models, nn


def test_the_published_numbers_of_parameters(counts):
    """MLPerf Tiny counts the statistics, too."""
    assert sum(counts(models.ds_cnn())) == 24_908
    assert sum(counts(models.mobilenet_v1())) == 221_794
    assert sum(counts(models.autoencoder())) == 269_992


def test_the_width_is_a_share_of_all_filters():
    model = models.mobilenet_v1(width=1)
    filters = [layer.out_channels for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    assert filters[::2][:6] == [32, 64, 128, 128, 256, 256]
    assert filters[-1] == 1024
    with pytest.raises(ValueError, match="mobilenet_v1: width: got 0, needs"):
        models.mobilenet_v1(width=0)


def test_the_shapes_of_the_benchmark():
    assert models.ds_cnn().output_shape((1, 49, 10)) == (12,)
    assert models.mobilenet_v1().output_shape((3, 96, 96)) == (2,)
    assert models.autoencoder().output_shape((640,)) == (640,)
    assert models.mobilenet_v1((1, 20, 20), classes=5).output_shape((1, 20, 20)) == (5,)
    assert models.ds_cnn((1, 8, 8), classes=5).output_shape((1, 8, 8)) == (5,)


@pytest.mark.torch
def test_twenty_steps_of_ds_cnn_are_pytorchs(trains_as_in_pytorch, batch):
    model = models.ds_cnn((1, 13, 6), classes=3, seed=0, dtype=np.float64)
    trains_as_in_pytorch(model, *batch((4, 1, 13, 6), 3), nn.CrossEntropyLoss())


@pytest.mark.torch
def test_twenty_steps_of_mobilenet_are_pytorchs(trains_as_in_pytorch, batch):
    """With fewer samples and larger steps PyTorch differs from itself after a change of one rounding."""
    model = models.mobilenet_v1((3, 32, 32), seed=0, dtype=np.float64)
    trains_as_in_pytorch(model, *batch((16, 3, 32, 32), 2), nn.CrossEntropyLoss(), lr=1e-4, momentum=0.0)


@pytest.mark.torch
def test_twenty_steps_of_the_autoencoder_are_pytorchs(trains_as_in_pytorch, batch):
    model = models.autoencoder(40, seed=0, dtype=np.float64)
    x, _ = batch((8, 40), 2)
    trains_as_in_pytorch(model, x, x, nn.MSELoss())
