import numpy as np
import pytest

from fastconv import models

SHAPES = {
    "derivation_cnn": (1, 6, 6),
    "derivation_mlp": (3, 32, 32),
    "digits": (1, 8, 8),
    "ds_cnn": (1, 49, 10),
    "lenet5": (1, 28, 28),
    "mnist_cnn": (1, 28, 28),
    "mobilenet_v1": (3, 96, 96),
    "resnet8": (3, 32, 32),
    "resnet20": (3, 32, 32),
    "vgg_cifar": (3, 32, 32),
}


def kinds(model):
    return [type(layer).__name__ for layer in model]


def test_names_lists_what_build_knows():
    assert set(models.names()) == set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_build_makes_a_model_for_the_given_classes(name, dtype):
    model = models.build(name, classes=7, seed=0, dtype=dtype)
    assert model.output_shape(SHAPES[name]) == (7,)
    assert {array.dtype for array in model.parameters().values()} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", SHAPES)
def test_build_makes_a_model_for_given_images(name):
    model = models.build(name, (2, 16, 20), 3, seed=0)
    assert model.output_shape((2, 16, 20)) == (3,)
    assert model(np.zeros((2, 2, 16, 20), np.float32)).shape == (2, 3)


def test_build_without_classes_keeps_the_usual_number():
    assert models.build("lenet5").output_shape((1, 28, 28)) == (10,)
    assert models.build("derivation_cnn").output_shape((1, 6, 6)) == (1,)


def test_build_makes_a_dense_network_for_vectors():
    assert kinds(models.build("derivation_mlp", (12,), 4)) == ["Linear", "ReLU", "Linear"]


def test_an_unknown_name_is_an_error_that_knows_better():
    with pytest.raises(ValueError, match=r"got 'lenet', needs one of .*vgg_cifar; did you mean 'lenet5'\?"):
        models.build("lenet")


@pytest.mark.parametrize("name", [None, 5, ["lenet5"]], ids=repr)
def test_a_name_of_another_kind_is_told(name):
    with pytest.raises(TypeError, match=r"^build: name: got \w+, needs one of derivation_cnn, "):
        models.build(name)
