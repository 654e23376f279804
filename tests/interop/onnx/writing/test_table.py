import numpy as np
import pytest

from fastconv import nn
from fastconv.interop.onnx.writing.table import WRITERS, writer
from tests.interop.onnx.writing.cases import CASES, assert_same, cases, drawn


def layers():
    """The classes of `nn` that compute something, but losses and the base class."""
    found = [getattr(nn, name) for name in nn.__all__ if isinstance(getattr(nn, name), type)]
    return {kind for kind in found if issubclass(kind, nn.Layer) and kind is not nn.Layer}


def test_every_layer_has_a_case():
    made = [make(np.float32) for group in CASES.values() for make, _ in group]
    assert layers() - {type(layer) for model in made for layer in model.modules()} == set()


def test_every_layer_but_containers_is_in_the_table():
    assert layers() - {*WRITERS} == {nn.Sequential, nn.Residual, nn.Concat, nn.Graph}


@pytest.mark.parametrize(("make", "shape"), cases(*CASES))
def test_a_model_of_float64_is_written_as_it_is(make, shape, tmp_path):
    """Behind a layer that has numbers, since one without them has no type."""
    model = nn.Sequential(nn.LayerNorm(shape[-1], dtype=np.float64), drawn(make, np.float64))
    groups, neighbours = getattr(model[1], "groups", 1), getattr(model[1], "size", 0)
    if isinstance(model[1], nn.ConvTranspose2d) and groups > 1:
        pytest.skip("the package onnx computes no groups, onnxruntime no float64")
    if isinstance(model[1], nn.LocalResponseNorm) and neighbours % 2:
        pytest.skip("the package onnx takes one neighbour too few, onnxruntime no float64")
    assert_same(model, shape, tmp_path / "model.onnx", dtype=np.float64)


def test_a_class_with_the_forward_of_a_layer_is_written_as_that():
    class Named(nn.Conv2d):
        def where(self):
            return "here"

    assert writer(Named(1, 1, 1)) is WRITERS[nn.Conv2d]


def test_a_class_with_another_forward_is_refused():
    class Doubled(nn.ReLU):
        def forward(self, x, training=True):
            y, backward = super().forward(x, training)
            return y * 2, backward

    with pytest.raises(ValueError, match=r"needs layers of fastconv\.nn$"):
        writer(Doubled())


def test_a_container_of_ones_own_is_told_a_way():
    class Block(nn.Layer):
        def __init__(self):
            super().__init__()
            self.body = nn.ReLU()

        def forward(self, x, training=True):
            return self.body.forward(x, training)

    with pytest.raises(ValueError, match="a Graph of the layers inside it would fit"):
        writer(Block())
