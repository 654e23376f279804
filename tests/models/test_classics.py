import numpy as np
import pytest

from fastconv import models, nn


def shapes(model):
    return {name: array.shape for name, array in model.parameters().items()}


def test_lenet5_has_the_classic_shapes():
    assert list(shapes(models.lenet5()).values())[::2] == [
        (6, 1, 5, 5),
        (16, 6, 5, 5),
        (120, 400),
        (84, 120),
        (10, 84),
    ]


def test_mnist_cnn_has_the_shapes_of_the_usual_example():
    assert list(shapes(models.mnist_cnn()).values())[::2] == [
        (32, 1, 3, 3),
        (64, 32, 3, 3),
        (128, 9216),
        (10, 128),
    ]


def test_vgg_cifar_doubles_its_filters_at_every_pooling():
    model = models.vgg_cifar()
    assert [layer.out_channels for layer in model if isinstance(layer, nn.Conv2d)] == [
        32,
        32,
        64,
        64,
        128,
        128,
    ]
    assert shapes(model)["16.weight"] == (128, 128 * 4 * 4)


def test_a_seed_fixes_the_parameters():
    first, same, other = (models.build("digits", seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], same[name]) for name in first)
    assert not np.array_equal(first["0.weight"], other["0.weight"])


def test_an_image_that_is_too_small_is_an_error_that_names_the_layer():
    with pytest.raises(ValueError, match=r"3 \(Conv2d\): got 4 x 4 pixels"):
        models.build("lenet5", (1, 8, 8))
