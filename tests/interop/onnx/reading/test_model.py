import numpy as np
import pytest

from fastconv.interop.onnx.reading.model import File, computed
from fastconv.interop.onnx.reading.tensors import Tensors
from fastconv.interop.onnx.reading.values import GraphError
from tests.interop.onnx.models import draw, model, node, refusal


def run(made, **inputs):
    return computed(File(made, Tensors(None), 0), "y", inputs)


def test_several_inputs_are_data_where_layers_take_them():
    made = model([node("Mul", "a b", "1"), node("Add", "1 c", "y")], inputs=("a", "b", "c"), shape=None)
    a, b, c = draw(2, 3, 4), draw(3, 4), draw(4)
    np.testing.assert_allclose(run(made, a=a, b=b, c=c), a * b + c, rtol=1e-6)


def test_else_one_is_data_and_the_others_are_constants():
    made = model([node("MatMul", "a b", "y")], inputs=("a", "b"), shape=None)
    a, b = draw(2, 3), draw(3, 4)
    np.testing.assert_allclose(run(made, a=a, b=b), a @ b, rtol=1e-5)


def test_a_whole_array_is_one_sample_where_no_axis_is_the_batch():
    x = draw(2, 3, 4)
    made = model([node("Transpose", "x", "y", perm=[2, 0, 1])], shape=None)
    np.testing.assert_array_equal(run(made, x=x), x.transpose(2, 0, 1))


def test_outputs_that_are_constants():
    shape = model([node("Shape", "x", "y")], shape=None)
    np.testing.assert_array_equal(run(shape, x=draw(2, 3)), [2, 3])
    nothing = model([node("Constant", "", "y", value_floats=[1.0, 2.0])], inputs=())
    np.testing.assert_array_equal(run(nothing), [1, 2])


def test_the_first_refusal_as_a_batch_is_told():
    made = model([node("Conv", "x w", "y")], inputs=("x", "w"), shape=None)
    with pytest.raises(GraphError, match="Conv2d: got 3 channels, needs 4"):
        run(made, x=draw(1, 3, 4, 4), w=draw(2, 4, 1, 1))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (model([node("Relu", "x", "y")], shape=()), "input 'x': got no shape, needs one with a batch axis"),
        (model([node("Identity", "c", "y")], {"c": draw(1)}), "load: got the inputs none, needs one"),
        (model([node("Shape", "x", "y")]), "output 'y': got a constant, needs what depends on the input"),
    ],
)
def test_models_without_a_batch_are_told(made, message, tmp_path):
    assert message in refusal(made, tmp_path)


def test_integers_are_no_input(tmp_path):
    made = model([node("Relu", "x", "y")])
    made.graph.input[0].type.tensor_type.elem_type = 7
    assert refusal(made, tmp_path) == "load: input 'x': got int64, needs floats"
