import numpy as np
import pytest

from fastconv import models, nn


def test_the_published_numbers_of_parameters(counts):
    assert counts(models.resnet20()) == (272_474, 1_568)
    assert sum(counts(models.resnet8())) == 78_666  # MLPerf Tiny counts the statistics, too


@pytest.mark.parametrize("build", [models.resnet20, models.resnet8])
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 8, 8)])
def test_logits_for_images_of_any_size(build, shape):
    model = build(shape, classes=7, seed=0)
    assert model.output_shape(shape) == (7,)
    assert model.summary(shape).rows[-1].output_shape == (7,)


def test_resnet20_has_twenty_layers_with_weights():
    layers = [m for m in models.resnet20().modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == 20 + 2  # and two shortcuts


@pytest.mark.torch
@pytest.mark.parametrize(("build", "size"), [(models.resnet20, 8), (models.resnet8, 12)])
def test_twenty_steps_are_pytorchs(build, size, trains_as_in_pytorch, batch):
    model = build((3, size, size), classes=4, seed=0, dtype=np.float64)
    trains_as_in_pytorch(model, *batch((4, 3, size, size), 4), nn.CrossEntropyLoss())
