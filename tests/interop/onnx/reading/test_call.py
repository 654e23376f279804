import numpy as np
import pytest

from fastconv import nn
from fastconv.interop.onnx.reading.call import Call, fill, frozen
from fastconv.interop.onnx.reading.graphs import Node
from fastconv.interop.onnx.reading.values import Constant, Data, GraphError


class Making:
    batched, dtype = True, np.dtype(np.float32)


def call(*inputs, opset=20, **attributes):
    return Call(Node("Op", "name", (), (), attributes), opset, inputs, Making())


DATA = Data("x", ((2, 3, 4), (3, 3, 5)))


def test_attributes_have_their_type():
    given = call(i=3, f=0.5, s="text", ints=[1, 2])
    assert (given.integer("i"), given.number("f", 1.0), given.text("s", "")) == (3, 0.5, "text")
    assert (given.integers("ints"), given.integers("none"), given.flag("i")) == ([1, 2], None, True)
    for read in (lambda: given.integer("f"), lambda: given.integers("i"), lambda: given.text("i", "")):
        with pytest.raises(GraphError, match=r"^load: node 'name' \(Op\): got "):
            read()


def test_inputs_are_data_or_constants():
    given = call(DATA, Constant.of(np.array([1, 2])), None, Constant.of(np.array([0.5])))
    assert given.data() is DATA
    assert given.sizes(1) == [1, 2]
    assert given.constant(2) is None
    assert (given.scalar(3, 1.0), given.scalar(9, 1.0)) == (0.5, 1.0)
    assert given.parameter(3).dtype == np.float32
    for read in (lambda: given.data(1), lambda: given.constant(0), lambda: given.scalar(1, 0.0)):
        with pytest.raises(GraphError):
            read()
    with pytest.raises(GraphError, match="that depends on the size of the model's input"):
        call(Constant(np.array([1]), np.array([2]))).constant(0)


def test_lists_are_short():
    with pytest.raises(GraphError, match="got 100 numbers as pads, needs at most 64 whole ones"):
        call(pads=[0] * 100).integers("pads")


def test_axes():
    given = call(DATA)
    assert (given.axis(-1, 3), given.dim(-1, 3), given.images(DATA)) == (2, 2, 1)
    with pytest.raises(GraphError, match="got axis 0, the batch's"):
        given.dim(-3, 3)
    with pytest.raises(GraphError, match="got axis 3, needs one of 3 axes"):
        given.axis(3, 3)
    with pytest.raises(GraphError, match="got data of sizes"):
        given.known(DATA, 2)


def test_layers_are_filled_and_frozen():
    layer = frozen(nn.Linear(2, 1), weight=np.ones((1, 2)), bias=np.array([3.0]))
    np.testing.assert_array_equal(layer(np.ones((1, 2), np.float32)), [[5]])
    assert layer.frozen() == ["weight", "bias"]
    assert fill(nn.ReLU()).parameters() == {}
