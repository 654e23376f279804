import numpy as np
import pytest

from fastconv import nn
from fastconv.nn.places import locate, shape_at


def test_a_name_is_put_in_front_of_the_message_without_the_layers_own():
    error = TypeError("ReLU: got nothing")
    locate(error, "3", nn.ReLU())
    assert str(error) == "in 3 (ReLU): got nothing"


def test_the_places_of_nested_layers_are_joined():
    error = ValueError("Linear: got this")
    for name, layer in (("0", nn.Linear(2, 2)), ("body", nn.Sequential()), ("3", nn.ReLU())):
        locate(error, name, layer)
    assert str(error) == "in 3.body.0 (Linear): got this"


def test_a_misfit_of_shapes_is_told_by_the_layer():
    error = ValueError("linear: something about arrays")
    locate(error, "1", nn.Linear(2, 2), np.zeros((5, 3)))
    assert str(error) == "in 1 (Linear): got 3 features, needs 2; Linear(3, 2) would fit"


@pytest.mark.parametrize("x", [np.zeros((5, 2)), [1.0]])
def test_another_error_keeps_its_message(x):
    error = ValueError("of its own")
    locate(error, "1", nn.Linear(2, 2), x)
    assert str(error) == "in 1 (Linear): of its own"


@pytest.mark.parametrize(
    "layer",
    [
        nn.Dropout(),
        nn.Dropout2d(),
        nn.Flatten(),
        nn.MaxPool1d(2),
        nn.MaxPool2d(2),
        nn.Unflatten(1, (1, -1)),
        nn.Upsample(2),
        nn.ZeroPad2d(1),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_what_is_no_array_is_refused_in_its_place(layer):
    model = nn.Sequential(layer)
    place = rf"^in 0 \({type(layer).__name__}\): .*: got list, needs a numpy\.ndarray$"
    for call in (model, model.forward):
        with pytest.raises(TypeError, match=place):
            call([[[[1.0, 2.0], [3.0, 4.0]]]])


def test_a_shape_or_an_error_with_the_place():
    assert shape_at("1", nn.Linear(2, 3), (2,)) == (3,)
    with pytest.raises(ValueError, match=r"^in 1 \(Linear\): got 5 features, needs 2"):
        shape_at("1", nn.Linear(2, 3), (5,))
    with pytest.raises(ValueError, match=r"^Linear: got 5 features, needs 2"):
        shape_at("", nn.Linear(2, 3), (5,))
