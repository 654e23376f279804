import numpy as np
import pytest

from fastconv import models, nn


def test_a_class_for_each_pixel():
    model = models.unet_small((3, 24, 16), classes=5, filters=4, seed=0)
    assert model.output_shape((3, 24, 16)) == (5, 24, 16)
    x = np.random.default_rng(0).normal(size=(2, 3, 24, 16)).astype(np.float32)
    assert model.predict(x).shape == (2, 5, 24, 16)


def test_sizes_that_cannot_be_halved_are_told():
    needs = r"unet_small: input_shape: got \(1, 30, 32\), needs height and width that are multiples of 4"
    with pytest.raises(ValueError, match=needs):
        models.unet_small((1, 30, 32))


def test_what_was_there_before_comes_back_beside():
    model = models.unet_small(filters=4, depth=3)
    assert sum(isinstance(layer, nn.Concat) for layer in model.modules()) == 3
    assert [node.name for node in model.nodes() if isinstance(node.layer, nn.Concatenate)][-1] == "6"


@pytest.mark.torch
def test_twenty_steps_are_pytorchs(trains_as_in_pytorch, batch):
    model = models.unet_small((2, 8, 8), classes=3, filters=3, seed=0, dtype=np.float64)
    trains_as_in_pytorch(model, *batch((2, 2, 8, 8), 3, pixels=(8, 8)), nn.CrossEntropyLoss())
