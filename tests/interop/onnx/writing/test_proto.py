import numpy as np
import pytest

from fastconv.interop.onnx.writing import proto
from fastconv.interop.onnx.writing.graph import Graph, Node


def test_a_graph_becomes_messages():
    onnx = pytest.importorskip("onnx")
    graph = Graph(17, np.dtype(np.float64), {}, set())
    graph.nodes += [
        Node("Add", "0", ("input", "w"), "0", {}),
        Node("Elu", "1", ("0",), "output", {"alpha": 2.0}),
    ]
    graph.arrays["w"] = np.arange(6.0).reshape(3, 2).T
    graph.shapes |= {"input": (2, 3), "0": (2, 3), "output": (2, 3)}
    made = proto.model(onnx, graph)
    onnx.checker.check_model(made, full_check=True)
    assert [n.op_type for n in made.graph.node] == ["Add", "Elu"]
    (array,) = made.graph.initializer
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(array), graph.arrays["w"])
    kinds = [v.type.tensor_type for v in (*made.graph.input, *made.graph.value_info, *made.graph.output)]
    assert [kind.elem_type for kind in kinds] == [onnx.TensorProto.DOUBLE] * 3
    assert [[d.dim_param or d.dim_value for d in kind.shape.dim] for kind in kinds] == [["N", 2, 3]] * 3
    assert (made.producer_name, made.opset_import[0].version) == ("fastconv", 17)
