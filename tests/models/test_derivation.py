import numpy as np
import pytest

from fastconv import models, nn


def shapes(model):
    return {name: array.shape for name, array in model.parameters().items()}


def kinds(model):
    return [type(layer).__name__ for layer in model]


def test_derivation_cnn_is_the_network_of_the_derivation():
    model = models.derivation_cnn()
    assert kinds(model) == ["Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear"]
    assert shapes(model) == {
        "0.weight": (1, 1, 3, 3),
        "0.bias": (1,),
        "4.weight": (1, 4),
        "4.bias": (1,),
    }
    x = np.zeros((2, 1, 6, 6), np.float32)
    assert nn.BCEWithLogitsLoss()(model(x), np.zeros((2, 1), np.float32)) > 0


def test_derivation_cnn_takes_other_sizes():
    model = models.derivation_cnn((9, 7), channels=3, filters=4, kernel_size=2, pool=(2, 3), outputs=5)
    assert shapes(model)["0.weight"] == (4, 3, 2, 2)
    assert model.output_shape((3, 9, 7)) == (5,)
    assert shapes(model)["4.weight"] == (5, 4 * 4 * 2)


def test_derivation_cnn_refuses_an_image_smaller_than_its_windows():
    with pytest.raises(ValueError, match=r"2 \(MaxPool2d\): got 1 x 1 pixels"):
        models.derivation_cnn(3)


def test_derivation_mlp_is_the_network_of_the_derivation():
    model = models.derivation_mlp(7, 5, 3)
    assert kinds(model) == ["Linear", "ReLU", "Linear"]
    assert shapes(model) == {"0.weight": (5, 7), "0.bias": (5,), "2.weight": (3, 5), "2.bias": (3,)}


@pytest.mark.parametrize("size", [None, 1.5, "66", 0, (6, 6, 6), [6, 2.5]], ids=repr)
def test_a_size_of_another_kind_is_told(size):
    with pytest.raises((TypeError, ValueError), match=r"^derivation_cnn: size: got "):
        models.derivation_cnn(size=size)
