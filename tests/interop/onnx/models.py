"""Small ONNX models, and what onnxruntime computes of them."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RNG = np.random.default_rng(0)
KINDS = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE, "float16": TensorProto.FLOAT16}


def draw(*shape, dtype=np.float32):
    return RNG.normal(size=shape).astype(dtype)


def node(op, inputs, outputs, **attributes):
    name = f"the {op} of {outputs}"
    return helper.make_node(op, inputs.split(), outputs.split(), name=name, **attributes)


def model(
    nodes, tensors=None, shape=("N", 3, 8, 8), opset=20, dtype="float32", outputs=("y",), inputs=("x",)
):
    """A model of these nodes that reads x and gives y, with tensors by name."""
    kind = KINDS[dtype]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(name, kind, shape) for name in inputs],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in (tensors or {}).items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    made.ir_version = min(made.ir_version, 10)
    return made


def written(made, folder, name="model.onnx"):
    path = folder / name
    onnx.save(made, path)
    return path


def theirs(made, x):
    """What onnxruntime computes, or ONNX's own evaluator for what it lacks."""
    import onnxruntime

    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    (name,) = [value.name for value in session.get_inputs()]
    return session.run(None, {name: x})[0]
