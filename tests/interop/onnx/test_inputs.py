import pytest

from fastconv import nn
from fastconv.interop.onnx import export, load_with_shape
from fastconv.interop.onnx.inputs import input_shape


@pytest.mark.parametrize("shape", [(), (4,), (3, 8, 9)])
def test_the_shape_that_was_exported(shape, tmp_path):
    pytest.importorskip("onnx")
    export(nn.ReLU(), tmp_path / "model.onnx", shape)
    assert input_shape(tmp_path / "model.onnx") == shape
    assert load_with_shape(tmp_path / "model.onnx")[1] == shape


@pytest.mark.parametrize(
    ("sizes", "expected"), [(["N", 3, "H", 8], None), ([1, 3, 2], (3, 2)), ([], None), (None, None)]
)
def test_sizes_that_are_open(sizes, expected, tmp_path):
    onnx = pytest.importorskip("onnx")
    make, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], "g", [make("x", kind, sizes)], [make("y", kind, sizes)])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "model.onnx")
    assert input_shape(tmp_path / "model.onnx") == expected


def test_several_inputs_have_no_one_shape(tmp_path):
    onnx = pytest.importorskip("onnx")
    make, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    node, ends = onnx.helper.make_node("Add", ["a", "b"], ["y"]), [make(name, kind, [1, 3]) for name in "aby"]
    onnx.save(
        onnx.helper.make_model(onnx.helper.make_graph([node], "g", ends[:2], ends[2:])), tmp_path / "a.onnx"
    )
    assert input_shape(tmp_path / "a.onnx") is None
