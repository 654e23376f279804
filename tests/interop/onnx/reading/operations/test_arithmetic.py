import numpy as np
import pytest

from fastconv import nn
from fastconv.interop.onnx import load
from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal, written


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("order", ["x c", "c x"])
@pytest.mark.parametrize("shape", [(), (8,), (3, 1, 1), (1, 3, 8, 8)])
def test_a_constant(op, order, shape, tmp_path):
    made = model([node(op, order, "y")], {"c": abs(draw(*shape)) + 0.5})
    ours = agrees(made, tmp_path, positive=True)
    assert {*kinds(ours)} <= {"Affine", "Power"}
    assert bool(shape) == (len(ours.parameters()) > len(ours.frozen())), "one number for all stays"


@pytest.mark.parametrize(
    ("op", "kind"),
    [
        ("Add", "Add"),
        ("Sub", "Subtract"),
        ("Mul", "Multiply"),
        ("Div", "Divide"),
        ("Max", "Maximum"),
        ("Min", "Minimum"),
    ],
)
def test_two_data(op, kind, tmp_path):
    nodes = [
        node("Softplus", "x", "1"),
        node("GlobalAveragePool", "1", "2"),
        node(op, "1 2", "y"),
    ]
    ours = agrees(model(nodes), tmp_path)
    assert kinds(ours)[-1] == kind


def test_a_factor_and_a_summand_are_one_layer(tmp_path):
    nodes = [node("Mul", "x w", "1"), node("Add", "b 1", "y")]
    ours = agrees(model(nodes, {"w": draw(3, 1, 1), "b": draw(3, 1, 1)}), tmp_path)
    assert kinds(ours) == ["Affine"]
    assert {*ours.parameters()} == {"0.weight", "0.bias"}


def test_numbers_that_follow_each_other_are_one(tmp_path):
    nodes = [node("Mul", "x c", "1"), node("Div", "1 d", "2"), node("Neg", "2", "y")]
    tensors = {"c": np.float32(3), "d": np.float32(2)}
    ours = agrees(model(nodes, tensors), tmp_path)
    assert kinds(ours) == ["Affine"]
    assert float(ours[0].weight) == -1.5
    nothing = [node("Mul", "x c", "1"), node("Div", "1 c", "y")]
    assert kinds(agrees(model(nothing, tensors), tmp_path)) == ["Identity"]


@pytest.mark.parametrize("op", ["Sum", "Max", "Min", "Mean"])
def test_any_number_of_data_and_constants(op, tmp_path):
    nodes = [node("Relu", "x", "1"), node(op, "1 c x", "y")]
    agrees(model(nodes, {"c": draw(3, 1, 1)}), tmp_path)


@pytest.mark.parametrize(
    ("op", "number", "kind"), [("Max", 0, "ReLU"), ("Max", 0.5, "Hardtanh"), ("Min", 0.5, "Hardtanh")]
)
def test_a_number_as_a_limit(op, number, kind, tmp_path):
    made = model([node(op, "x c", "y")], {"c": np.float32(number)})
    assert kinds(agrees(made, tmp_path)) == [kind]


def test_powers(tmp_path):
    nodes = [node("Pow", "x two", "1"), node("Sqrt", "1", "2"), node("Reciprocal", "2", "y")]
    ours = agrees(model(nodes, {"two": np.float32(3)}), tmp_path, positive=True)
    assert kinds(ours) == ["Power"] * 3


def test_a_constant_whose_axes_an_old_file_names(tmp_path):
    nodes = [node("Add", "x c", "y", broadcast=1, axis=1)]
    constant = draw(3)
    ours, x = load(written(model(nodes, {"c": constant}, opset=6), tmp_path)), draw(2, 3, 8, 8)
    np.testing.assert_array_equal(ours(x), x + constant[:, None, None])


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (
            (2, 3, 8, 8),
            "got a constant of shape (2, 3, 8, 8), needs a shape that fits one sample, at most 3 axes",
        ),
        ((5,), "got a constant of shape (5,), needs one that (3, 8, 8) fits without growing"),
    ],
)
def test_constants_that_fit_no_sample_are_told(shape, message, tmp_path):
    made = model([node("Mul", "x c", "y")], {"c": draw(*shape)})
    assert refusal(made, tmp_path) == f"load: node 'the Mul of y' (Mul): {message}"


def test_data_of_different_axes_is_told(tmp_path):
    nodes = [node("Flatten", "x", "1"), node("Add", "1 x", "y")]
    got = refusal(model(nodes), tmp_path)
    needs = "as many axes of each; Unsqueeze behind the batch would fit"
    assert got == f"load: node 'the Add of y' (Add): got data of 2 and 4 axes, needs {needs}"


def test_joins_are_layers_of_several_inputs(tmp_path):
    nodes = [node("Tanh", "x", "1"), node("Sigmoid", "x", "2"), node("Sub", "1 2", "y")]
    ours = agrees(model(nodes), tmp_path)
    assert isinstance(ours, nn.Graph)
    assert ours.reads()["the_Sub_of_y"][1] == ("the_Tanh_of_1", "the_Sigmoid_of_2")
