"""A written graph as the messages of the package onnx."""

from typing import Any

import numpy as np

from fastconv.interop.onnx.writing.graph import OUTPUT, Graph, Node
from fastconv.nn.base import INPUT

BATCH = "N"
"""The name of the batch's size."""


def model(onnx: Any, graph: Graph) -> Any:
    """The `onnx.ModelProto`, in the oldest version of the format that has these operators."""
    kind = onnx.helper.np_dtype_to_tensor_dtype(graph.dtype)
    values = {
        name: onnx.helper.make_tensor_value_info(name, kind, [BATCH, *shape])
        for name, shape in graph.shapes.items()
    }
    ends = [values.pop(INPUT)], [values.pop(OUTPUT)]
    nodes = [_node(onnx, node) for node in graph.nodes]
    arrays = [
        onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
        for name, array in graph.arrays.items()
    ]
    operators = [onnx.helper.make_opsetid("", graph.opset)]
    return onnx.helper.make_model(
        onnx.helper.make_graph(nodes, "fastconv", *ends, arrays, value_info=[*values.values()]),
        producer_name="fastconv",
        opset_imports=operators,
        ir_version=onnx.helper.find_min_ir_version_for(operators),
    )


def _node(onnx: Any, node: Node) -> Any:
    return onnx.helper.make_node(node.operator, node.inputs, [node.output], node.name, **node.attributes)
