import numpy as np

from fastconv.interop.onnx.writing.graph import Graph, Node, Place


def place(taken=()):
    weight = np.ones(3, np.float32)
    return weight, Place(Graph(20, np.dtype(np.float64), {id(weight): "0.weight"}, {*taken}), "0", [(3, 2)])


def test_names_are_given_once():
    graph = place(["a", "a_1"])[1].graph
    assert [graph.fresh(name) for name in ("a", "a", "b", "b")] == ["a_2", "a_3", "b", "b_1"]


def test_a_node_is_named_after_its_layer_and_gives_its_name():
    _, at = place()
    assert at.node("Clip", "x", "low", alpha=1.5, beta=None) == "0/Clip"
    assert at.graph.nodes == [Node("Clip", "0/Clip", ("x", "low"), "0/Clip", {"alpha": 1.5})]


def test_arrays_are_the_layers_own_or_constants():
    weight, at = place()
    assert at.parameter(weight) == "0.weight"
    assert at.numbers("half", [0.5]) == "0/half"
    assert at.integers("axes", 1, 2) == "0/axes"
    assert at.graph.arrays["0.weight"] is weight
    assert {name: array.dtype for name, array in at.graph.arrays.items()} == {
        "0.weight": np.float32,
        "0/half": np.float64,
        "0/axes": np.int64,
    }


def test_a_place_knows_its_first_input():
    assert place()[1].shape == (3, 2)
