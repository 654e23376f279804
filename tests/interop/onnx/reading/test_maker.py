import numpy as np

from fastconv.interop.onnx.reading.model import File
from fastconv.interop.onnx.reading.model import batched as model_of
from fastconv.interop.onnx.reading.tensors import Tensors
from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal


def test_weights_that_nodes_compute_are_folded_by_the_layers_themselves(tmp_path):
    nodes = [
        node("Relu", "w", "1"),
        node("Mul", "1 c", "2"),
        node("LayerNormalization", "2 s", "3", axis=-1),
        node("Conv", "x 3", "y"),
    ]
    tensors = {"w": draw(2, 3, 3, 3), "c": draw(3, 1, 1), "s": draw(3)}
    ours = agrees(model(nodes, tensors), tmp_path)
    assert kinds(ours) == ["Conv2d"]


def test_names_of_nodes_are_names_of_layers(tmp_path):
    nodes = [node("Relu", "x", "1"), node("Tanh", "x", "2"), node("Mul", "1 2", "3"), node("Add", "3 2", "y")]
    for each, name in zip(nodes, ["/a.0/Relu", "/a.0/Relu", "input", ""], strict=True):
        each.name = name
    made = model(nodes)
    ours = model_of(File(made, Tensors(None), 0), "y")
    assert [*ours.reads()] == ["a_0_Relu", "a_0_Relu_1", "input_2", "y"]


def test_errors_of_layers_name_the_node(tmp_path):
    got = refusal(model([node("Conv", "x w", "y", group=2)], {"w": draw(3, 3, 1, 1)}), tmp_path)
    needs = "Conv2d: groups: got 2, needs a divisor of 6 and 3 channels"
    assert got == f"load: node 'the Conv of y' (Conv): {needs}"


def test_the_batch_as_a_number_that_nodes_compute(tmp_path):
    nodes = [
        node("Shape", "x", "1"),
        node("Slice", "1 zero one", "2"),
        node("Concat", "2 rest", "3", axis=0),
        node("Reshape", "x 3", "y"),
    ]
    tensors = {"zero": np.array([0]), "one": np.array([1]), "rest": np.array([192])}
    assert kinds(agrees(model(nodes, tensors), tmp_path)) == ["Flatten"]


def test_a_file_without_any_sizes(tmp_path):
    tensors = {"w": draw(4, 3, 3, 3), "s": draw(4), "b": draw(4), "m": draw(4), "v": draw(4) ** 2 + 0.5}
    nodes = [
        node("Conv", "x w", "1"),
        node("BatchNormalization", "1 s b m v", "2"),
        node("GlobalAveragePool", "2", "3"),
        node("Flatten", "3", "y"),
    ]
    ours = agrees(model(nodes, tensors, ("N", "C", "H", "W")), tmp_path)
    assert kinds(ours) == ["Conv2d", "BatchNorm2d", "AdaptiveAvgPool2d", "Flatten"]


def test_an_operation_that_needs_constants_is_told(tmp_path):
    got = refusal(model([node("Floor", "x", "y")]), tmp_path)
    needs = "constants; an operation that the table of layers has would fit"
    assert got == f"load: node 'the Floor of y' (Floor): got what depends on the model's input, needs {needs}"
