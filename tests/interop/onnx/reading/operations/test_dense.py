import numpy as np
import pytest

from tests.interop.onnx.models import agrees, draw, kinds, model, node, refusal


@pytest.mark.parametrize("bias", [None, (), (1,), (4,), (1, 4)])
@pytest.mark.parametrize("attributes", [{}, {"transB": 1, "alpha": 0.5, "beta": 2.0}])
def test_gemm(bias, attributes, tmp_path):
    tensors = {"w": draw(*((4, 5) if attributes else (5, 4)))}
    if bias is not None:
        tensors["c"] = draw(*bias)
    gemm = node("Gemm", " ".join(["x", *tensors]), "y", **attributes)
    ours = agrees(model([gemm], tensors, ("N", 5)), tmp_path, 3, 5)
    assert kinds(ours) == ["Linear"]


def test_a_product_and_a_sum_are_one_layer(tmp_path):
    nodes = [node("MatMul", "x w", "1"), node("Add", "b 1", "y")]
    ours = agrees(model(nodes, {"w": draw(5, 4), "b": draw(4)}, ("N", 7, 5)), tmp_path, 2, 7, 5)
    assert kinds(ours) == ["Linear"]
    assert {*ours.parameters()} == {"0.weight", "0.bias"}


def test_one_output_has_its_bias(tmp_path):
    nodes = [node("MatMul", "x w", "1"), node("Add", "1 b", "y")]
    ours = agrees(model(nodes, {"w": draw(5, 1), "b": draw(1)}, ("N", 5)), tmp_path, 2, 5)
    assert kinds(ours) == ["Linear"]


def test_a_product_that_two_read_keeps_its_sum_beside_it(tmp_path):
    nodes = [node("MatMul", "x w", "1"), node("Add", "b 1", "2"), node("Concat", "1 2", "y", axis=1)]
    agrees(model(nodes, {"w": draw(5, 4), "b": draw(4)}, ("N", 5)), tmp_path, 2, 5)


@pytest.mark.parametrize("weight", [(5,), (3, 5, 4), (1, 3, 5, 4), (1, 5, 4)])
def test_products_with_several_matrices_and_with_a_vector(weight, tmp_path):
    made = model([node("MatMul", "x w", "y")], {"w": draw(*weight)}, ("N", 3, 7, 5))
    agrees(made, tmp_path, 2, 3, 7, 5)


def test_a_sum_with_data(tmp_path):
    nodes = [node("Gemm", "x w", "1"), node("Gemm", "x v 1", "y", beta=0.5)]
    agrees(model(nodes, {"w": draw(5, 4), "v": draw(5, 4)}, ("N", 5)), tmp_path, 2, 5)


def test_what_is_no_layer_is_told(tmp_path):
    across = node("Gemm", "x w", "y", transA=1)
    got = refusal(model([across], {"w": draw(5, 4)}, (3, 5)), tmp_path)
    assert (
        got == "load: node 'the Gemm of y' (Gemm): got transA=1, the batch as the last axis, needs transA=0"
    )
    square = model([node("MatMul", "x x", "y")], shape=("N", 3, 3))
    assert refusal(square, tmp_path).endswith("got input 1 computed from the model's input, needs a constant")


def test_integers_are_no_weights(tmp_path):
    got = refusal(model([node("Gemm", "x w", "y")], {"w": np.ones((5, 4), int)}, ("N", 5)), tmp_path)
    assert got == "load: node 'the Gemm of y' (Gemm): got int64 as input 1, needs floats"
