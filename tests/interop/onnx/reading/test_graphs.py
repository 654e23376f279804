import numpy as np
import pytest

from fastconv.interop.onnx.reading.graphs import Input, graph_of, outputs_of
from fastconv.interop.onnx.reading.tensors import Tensors
from fastconv.interop.onnx.reading.values import GraphError
from tests.interop.onnx.models import draw, model, node, onnx

KNOWN = {"Relu", "Conv", "Add"}


def graph(made, output="y"):
    return graph_of(made, output, Tensors(None), KNOWN)


def test_what_an_output_needs():
    nodes = [
        node("Conv", "x w", "1", pads=[1, 2], auto_pad="NOTSET"),
        node("Unknown", "1", "unused"),
        node("Add", "1 1", "y"),
    ]
    found = graph(model(nodes, {"w": draw(1), "v": draw(1)}, ("N", 3, 4, 5)))
    assert [each.op for each in found.nodes] == ["Conv", "Add"]
    assert found.nodes[0].attributes == {"pads": [1, 2], "auto_pad": "NOTSET"}
    assert [*found.tensors] == ["w"]
    assert found.inputs == {"x": Input((None, 3, 4, 5), "float32")}
    assert (found.readers["1"], found.readers["y"], found.opset) == (2, 1, 20)
    assert outputs_of(model(nodes)) == ["y"]


def test_a_circle_is_found():
    nodes = [node("Add", "x 2", "1"), node("Relu", "1", "2"), node("Relu", "2", "y")]
    with pytest.raises(GraphError, match="reads '2', which no node before it gives"):
        graph(model(nodes))


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("Relu", "x", "1"), node("Relu", "1", "1"), node("Relu", "1", "y")], "gives '1' a second time"),
        ([node("Relu", "x", "x"), node("Relu", "x", "y")], "gives 'x' a second time"),
        ([node("Relu", "x", "z")], "the output 'y' is given by no node"),
    ],
)
def test_names_that_are_wrong_are_told(nodes, message):
    with pytest.raises(GraphError, match=message):
        graph(model(nodes))


def test_unknown_operations_are_told_together_with_what_would_fit():
    loop = onnx.helper.make_node("Loop", ["x"], ["1"], name="again", body=model([]).graph)
    foreign = onnx.helper.make_node("Conv", ["1"], ["y"], name="other", domain="com.example")
    with pytest.raises(GraphError) as caught:
        graph(model([loop, foreign]))
    assert str(caught.value) == (
        "load: got 2 unknown operations: node 'again' (Loop), a graph inside a graph; the loop unrolled "
        "would fit; node 'other' (com.example.Conv), which no layer computes"
    )


def test_attributes_that_are_graphs_are_refused():
    made = model([onnx.helper.make_node("Relu", ["x"], ["y"], name="r", inside=model([]).graph)])
    message = "load: node 'r' \\(Relu\\): got attribute 'inside' of type 5, needs numbers, texts or tensors"
    with pytest.raises(GraphError, match=message):
        graph(made)


def test_inputs_that_are_no_tensors_are_refused():
    made = model([node("Relu", "x", "y")])
    made.graph.input[0].type.Clear()
    with pytest.raises(GraphError, match="input 'x': got no tensor of numbers, needs one of floats"):
        graph(made)


def test_attributes_are_plain_python():
    attributes = {
        "i": 3,
        "f": 0.5,
        "s": "text",
        "fs": [1.0, 2.0],
        "t": onnx.numpy_helper.from_array(np.ones(2)),
    }
    found = graph(model([node("Relu", "x", "y", **attributes)])).nodes[0].attributes
    np.testing.assert_array_equal(found.pop("t"), np.ones(2))
    assert found == {"i": 3, "f": 0.5, "s": "text", "fs": [1.0, 2.0]}
