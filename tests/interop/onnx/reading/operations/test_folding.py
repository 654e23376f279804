import numpy as np
import pytest

from fastconv.interop.onnx.reading import values
from tests.interop.onnx.models import agrees, draw, model, node, refusal

NUMBERS = {"a": np.array([7, -7, 5]), "b": np.array([2, 2, -3])}


def computed(tmp_path, nodes, tensors, count=3):
    """Compares a chain of constants, which becomes a summand of x, with onnxruntime."""
    end = [node("Cast", "c", "f", to=1), node("Add", "x f", "y")]
    return agrees(model([*nodes, *end], tensors, ("N", count)), tmp_path, 2, count)


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div", "Mod", "Max", "Min"])
def test_arithmetic_of_integers(op, tmp_path):
    computed(tmp_path, [node(op, "a b", "c")], NUMBERS)


@pytest.mark.parametrize(
    "op", ["Neg", "Abs", "Sqrt", "Exp", "Reciprocal", "Floor", "Ceil", "Sigmoid", "Relu"]
)
def test_functions_of_floats(op, tmp_path):
    computed(tmp_path, [node(op, "a", "c")], {"a": np.float32([0.3, 1.7, 2.5])})


def test_choices_and_ranges(tmp_path):
    tensors = {"a": np.array([1, 2, 3]), "zero": np.array(0), "six": np.array(6), "two": np.array(2)}
    nodes = [
        node("Range", "zero six two", "r"),
        node("Equal", "a two", "e"),
        node("Where", "e a r", "c"),
    ]
    computed(tmp_path, nodes, tensors)


def test_shapes_of_constants(tmp_path):
    tensors = {"w": draw(4, 3), "all": np.array([3]), "i": np.array([1, 0]), "ax": np.array([0])}
    nodes = [
        node("Transpose", "w", "1", perm=[1, 0]),
        node("Slice", "1 ax i2 ax", "2"),
        node("Reshape", "2 flat", "3"),
        node("Gather", "3 i", "4"),
        node("Split", "3", "5 6 7", axis=0, num_outputs=3),
        node("Unsqueeze", "4 ax", "8"),
        node("Squeeze", "8 ax", "9"),
        node("Concat", "9 5 6", "c", axis=0),
    ]
    tensors |= {"i2": np.array([2]), "flat": np.array([-1])}
    computed(tmp_path, nodes, tensors, 8)


def test_spread_constants(tmp_path):
    tensors = {"shape": np.array([3]), "one": np.float32([2.5]), "size": np.array([1, 3])}
    nodes = [
        node("ConstantOfShape", "shape", "1"),
        node("Expand", "one shape", "2"),
        node("Add", "1 2", "3"),
        node("ReduceProd", "size", "4", keepdims=0),
        node("Cast", "4", "5", to=1),
        node("Mul", "3 5", "c"),
    ]
    computed(tmp_path, nodes, tensors)


def test_constants_as_nodes(tmp_path):
    nodes = [
        node("Constant", "", "a", value_floats=[1.0, 2.0, 3.0]),
        node("Constant", "", "b", value_float=0.5),
        node("Mul", "a b", "c"),
    ]
    computed(tmp_path, nodes, {})


@pytest.mark.parametrize(
    ("nodes", "tensors"),
    [
        ([node("ConstantOfShape", "s", "c")], {"s": np.array([2**20, 2**20])}),
        ([node("Expand", "one s", "c")], {"s": np.array([2**40]), "one": np.float32([1])}),
        ([node("Range", "zero s one", "c")], {"s": np.array(2**40), "zero": np.array(0), "one": np.array(1)}),
        ([node("Mul", "a b", "c")], {"a": np.ones((2**15, 1), "f4"), "b": np.ones((1, 2**15), "f4")}),
    ],
    ids=["ConstantOfShape", "Expand", "Range", "Mul"],
)
def test_too_many_elements_are_refused_before_they_are_made(nodes, tensors, tmp_path):
    made = model([*nodes, node("Add", "x c", "y")], tensors)
    assert "more elements in all" in refusal(made, tmp_path)


def test_doubling_again_and_again_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(values, "MOST_MADE", 2**20)
    nodes = [node("Concat", f"{i} {i}", f"{i + 1}", axis=0) for i in range(40)]
    made = model([*nodes, node("Add", "x 40", "y")], {"0": draw(8)})
    assert "more elements in all" in refusal(made, tmp_path)
