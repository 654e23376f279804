"""Nodes that read the same weights: one layer, or several that have copies."""

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.graphs import Node
from fastconv.interop.onnx.reading.origins import Origins
from fastconv.interop.onnx.reading.values import Constant, Data
from tests.interop.onnx.models import agrees, draw, kinds, model, node

NUMBERS = Constant.of(np.zeros(1))
DATA = Data("x", None)


def of(origins, op, inputs, values, **attributes):
    return origins.of(Node(op, "", tuple(inputs.split()), ("y",), attributes), values)


def test_data_makes_no_difference_constants_and_attributes_do():
    origins = Origins()
    first = of(origins, "Conv", "a w", [DATA, NUMBERS], group=1)
    assert of(origins, "Conv", "b w", [DATA, NUMBERS], group=1) == first
    others = [
        of(origins, "Conv", "a v", [DATA, NUMBERS], group=1),
        of(origins, "Conv", "a w", [DATA, NUMBERS], group=2),
        of(origins, "Gemm", "a w", [DATA, NUMBERS], group=1),
        of(origins, "Conv", "w a", [NUMBERS, DATA], group=1),
        of(origins, "Conv", "a w", [DATA, NUMBERS], group=np.ones(1)),
    ]
    assert len({first, *others}) == 6


def test_what_equal_nodes_compute_of_one_constant_is_the_same():
    origins = Origins()
    for name in "ab":
        turn = Node("Transpose", "", ("w",), (name,), {"perm": [1, 0]})
        origins.note(turn, [NUMBERS], origins.of(turn, [NUMBERS]))
    other = Node("Transpose", "", ("w",), ("c",), {"perm": [0, 1]})
    origins.note(other, [NUMBERS], origins.of(other, [NUMBERS]))
    a, b, c = (of(origins, "MatMul", f"x {name}", [DATA, NUMBERS]) for name in "abc")
    assert a == b != c


def test_constants_in_nodes_are_their_own():
    origins = Origins()
    for name in "ab":
        made = Node("Constant", "", (), (name,), {"value": np.ones(1)})
        origins.note(made, [], origins.of(made, []))
    assert of(origins, "Add", "x a", [DATA, NUMBERS]) != of(origins, "Add", "x b", [DATA, NUMBERS])


def norm():
    return {"s": draw(3) + 2, "b": draw(3), "m": draw(3), "v": draw(3) ** 2 + 0.5}


def test_a_convolution_and_its_norm_twice_are_one(tmp_path):
    pads = {"pads": [1, 1, 1, 1]}
    nodes = [
        node("Conv", "x w c", "1", **pads),
        node("BatchNormalization", "1 s b m v", "2"),
        node("Conv", "2 w c", "3", **pads),
        node("BatchNormalization", "3 s b m v", "y"),
    ]
    ours = agrees(model(nodes, {"w": draw(3, 3, 3, 3) / 9, "c": draw(3), **norm()}), tmp_path)
    assert ours[0] is ours[2]
    assert ours[1] is ours[3]
    assert [*ours.parameters()] == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_other_strides_or_another_bias_make_another_layer(tmp_path):
    nodes = [
        node("Conv", "x w c", "1"),
        node("Conv", "1 w c", "2", strides=[2, 2]),
        node("Conv", "2 w d", "3"),
        node("Conv", "3 w c", "y"),
    ]
    ours = agrees(model(nodes, {"w": draw(3, 3, 1, 1), "c": draw(3), "d": draw(3)}), tmp_path)
    assert ours[0] is ours[3]
    assert len({id(layer) for layer in ours}) == 3


def test_a_bias_that_follows_belongs_to_the_layer_that_is_shared(tmp_path):
    nodes = [
        node("Transpose", "w", "t", perm=[1, 0]),
        node("MatMul", "x t", "1"),
        node("Add", "1 c", "2"),
        node("Tanh", "2", "3"),
        node("Transpose", "w", "u", perm=[1, 0]),
        node("MatMul", "3 u", "4"),
        node("Add", "4 c", "5"),
        node("MatMul", "5 t", "6"),
        node("Add", "6 d", "y"),
    ]
    ours = agrees(model(nodes, {"w": draw(8, 8), "c": draw(8), "d": draw(8)}), tmp_path)
    assert kinds(ours) == ["Linear", "Tanh", "Linear", "Linear"]
    assert ours[0] is ours[2] is not ours[3]


def test_equal_weights_under_other_names_are_not_one(tmp_path):
    w = draw(3, 3, 1, 1)
    nodes = [node("Conv", "x w c", "1"), node("Conv", "1 v c", "2"), node("Add", "2 x", "y")]
    ours = agrees(model(nodes, {"w": w, "v": w, "c": draw(3)}), tmp_path)
    assert len(ours.parameters()) == 4


def test_a_bias_of_layers_with_other_weights_does_not_tie_them(tmp_path):
    w = draw(8, 8)
    nodes = [node("MatMul", "x w", "1"), node("Add", "1 c", "2"), node("MatMul", "2 v", "3")]
    nodes.append(node("Add", "3 c", "y"))
    ours = agrees(model(nodes, {"w": w, "v": w, "c": draw(8)}), tmp_path)
    assert len(ours.parameters()) == 4


def test_arrays_of_one_number_tie_nothing(tmp_path):
    ones = {"s": np.ones(3, np.float32), "b": np.zeros(3, np.float32)}
    tensors = {**ones, "m": np.zeros(3, np.float32), "v": np.ones(3, np.float32)}
    nodes = [node("BatchNormalization", "x s b m v", "1"), node("BatchNormalization", "1 s b m v", "y")]
    ours = agrees(model(nodes, tensors), tmp_path)
    assert len(ours.parameters()) == 4
    ours = agrees(model(nodes, {**norm(), **ones}), tmp_path)  # whose statistics are of one layer
    assert ours[0] is ours[1]


def test_constants_that_a_maximum_adds_and_takes_away(tmp_path):
    nodes = [node("Max", "x c", "1"), node("Sigmoid", "1", "2"), node("Max", "2 c", "y")]
    agrees(model(nodes, {"c": draw(3, 1, 1)}), tmp_path)


def test_layers_of_a_graph_are_shared_too(tmp_path):
    nodes = [
        node("Conv", "x w", "1"),
        node("Sigmoid", "1", "2"),
        node("Tanh", "1", "3"),
        node("Mul", "2 3", "4"),
        node("Conv", "4 w", "5"),
        node("Add", "5 2", "y"),
    ]
    ours = agrees(model(nodes, {"w": draw(3, 3, 1, 1)}), tmp_path)
    assert isinstance(ours, nn.Graph)
    assert [*ours.parameters()] == ["the_Conv_of_1.weight"]
