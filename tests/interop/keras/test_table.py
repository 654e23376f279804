import pytest

from fastconv.interop.keras.entries import entry
from fastconv.interop.keras.table import JOINS, LAYERS, LEFT_OUT, OPERATIONS, reader
from tests.interop.keras.files import given, layer, loaded, sequential


def test_readers():
    assert reader(entry(layer("Conv2D"))) == (LAYERS["Conv2D"], False)
    assert reader(entry(layer("Multiply"))) == (JOINS["Multiply"], True)
    relu = layer("ReLU", module="keras.src.activations.activations")
    assert reader(entry(relu))[0] is OPERATIONS["keras.src.activations.activations", "ReLU"]
    assert LAYERS.keys().isdisjoint(JOINS)


@pytest.mark.parametrize("name", sorted({*LAYERS, *JOINS}))
def test_the_layers_are_those_of_keras(keras, name):
    if name not in LEFT_OUT:
        assert hasattr(keras.layers, name)


def test_code_is_refused(tmp_path):
    code = {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}
    with pytest.raises(
        ValueError, match=r"in f \(Lambda\): holds a function of Python, and no file's code is"
    ):
        loaded(tmp_path, sequential(given(2), layer("Lambda", "f", function=code)))


@pytest.mark.parametrize(
    ("described", "message"),
    [
        (layer("Conv3D"), "is Conv3D of keras.layers, needs to be one of Activation, Add,"),
        ({**layer("Dense"), "module": "os"}, "is Dense of os, needs to be one of"),
        ({**layer("Dense"), "registered_name": "mine>Dense"}, "is Dense of a class of its own, needs"),
        (layer("system", "x", "os"), "is system of os, needs to be one of"),
    ],
)
def test_other_classes_are_refused(tmp_path, described, message):
    with pytest.raises(ValueError, match=message):
        loaded(tmp_path, sequential(given(2), described))
