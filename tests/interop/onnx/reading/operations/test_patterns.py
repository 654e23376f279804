import numpy as np
import pytest

from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal

HALF = np.float32(0.5)
ROOT = {"root": np.float32(np.sqrt(2)), "one": np.float32(1), "half": HALF}


@pytest.mark.parametrize(
    ("op", "kind"), [("Sigmoid", "SiLU"), ("HardSigmoid", "Hardswish"), ("Tanh", "Multiply")]
)
@pytest.mark.parametrize("order", ["x 1", "1 x"])
def test_x_times_a_function_of_x(op, kind, order, tmp_path):
    settings = {"alpha": 1 / 6, "beta": 0.5} if op == "HardSigmoid" else {}
    ours = agrees(model([node(op, "x", "1", **settings), node("Mul", order, "y")]), tmp_path)
    assert kinds(ours)[-1] == kind
    assert len(kinds(ours)) == (2 if kind == "Multiply" else 1)


NUMBERS = {"three": np.float32(3), "zero": np.float32(0), "six": np.float32(6)}
RAMP = [node("Add", "x three", "1"), node("Clip", "1 zero six", "2")]


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        ([node("Div", "2 six", "y")], "Hardsigmoid"),
        ([node("Div", "2 six", "3"), node("Mul", "3 x", "y")], "Hardswish"),
        ([node("Mul", "x 2", "3"), node("Div", "3 six", "y")], "Hardswish"),
    ],
)
def test_hard_activations_as_a_cut_ramp(end, kind, tmp_path):
    assert kinds(agrees(model([*RAMP, *end], NUMBERS), tmp_path)) == [kind]


@pytest.mark.parametrize(
    "end",
    [
        [node("Mul", "x 3", "4"), node("Mul", "4 half", "y")],
        [node("Mul", "x half", "4"), node("Mul", "4 3", "y")],
        [node("Mul", "3 half", "4"), node("Mul", "4 x", "y")],
    ],
    ids=["behind", "before", "inside"],
)
def test_gelu_as_files_before_opset_20_have_it(end, tmp_path):
    nodes = [node("Div", "x root", "1"), node("Erf", "1", "2"), node("Add", "2 one", "3"), *end]
    assert kinds(agrees(model(nodes, ROOT), tmp_path)) == ["GELU"]


def test_an_error_function_alone_is_refused(tmp_path):
    got = refusal(model([node("Erf", "x", "y")]), tmp_path)
    assert got == "load: node 'the Erf of y' (Erf): got one that is no part of GELU, needs to be"


@pytest.mark.parametrize("beta", [1, 0.5])
def test_softplus_with_a_threshold(beta, tmp_path):
    tensors = {"beta": np.float32(beta), "t": np.float32(0.25)}
    nodes = [
        node("Mul", "x beta", "1"),
        node("Greater", "1 t", "2"),
        node("Softplus", "1", "3"),
        node("Div", "3 beta", "4"),
        node("Where", "2 x 4", "y"),
    ]
    ours = agrees(model(nodes, tensors), tmp_path)
    assert kinds(ours) == ["Softplus"]
    assert (ours[0].beta, ours[0].threshold) == (beta, 0.25)


def test_another_choice_is_refused(tmp_path):
    nodes = [node("Greater", "x t", "1"), node("Tanh", "x", "2"), node("Where", "1 x 2", "y")]
    got = refusal(model(nodes, {"t": np.float32(0)}), tmp_path)
    needs = "needs one that is part of Softplus"
    assert got == f"load: node 'the Where of y' (Where): got a choice by the model's input, {needs}"


@pytest.mark.parametrize("shape", [("N", 4, 6, 5), ("N", 4, "H", "W")])
def test_group_norm_as_pytorch_writes_it(shape, tmp_path):
    tensors = {"groups": np.array([0, 2, -1]), "ones": np.ones(2, "f4"), "zeros": np.zeros(2, "f4")}
    tensors |= {"w": draw(4, 1, 1), "b": draw(4, 1, 1)}
    nodes = [
        node("Reshape", "x groups", "1"),
        node("InstanceNormalization", "1 ones zeros", "2"),
        node("Shape", "x", "shape"),
        node("Reshape", "2 shape", "3"),
        node("Mul", "3 w", "4"),
        node("Add", "4 b", "y"),
    ]
    ours = agrees(model(nodes, tensors, shape), tmp_path, 2, 4, 6, 5)
    assert kinds(ours) == ["GroupNorm"]
    np.testing.assert_array_equal(ours[0].weight, tensors["w"].ravel())
    np.testing.assert_array_equal(ours[0].bias, tensors["b"].ravel())
