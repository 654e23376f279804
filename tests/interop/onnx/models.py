"""Small ONNX models, and what onnxruntime computes of them."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from fastconv import nn  # noqa: E402
from fastconv.interop.onnx import load  # noqa: E402

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
    """What onnxruntime computes."""
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    (name,) = [value.name for value in session.get_inputs()]
    return session.run(None, {name: x})[0]


def agrees(made, folder, *shape, tolerance=1e-5, positive=False):
    """The model of a file, which computes what onnxruntime does on a batch of this shape."""
    x = draw(*(shape or (2, 3, 8, 8)))
    x = abs(x) + 0.5 if positive else x
    ours = load(written(made, folder))
    np.testing.assert_allclose(ours(x), theirs(made, x), rtol=tolerance, atol=tolerance)
    return ours


def kinds(model):
    """The classes of a model's layers: of a sequence one after the other, of a graph by name."""
    layers = model.children().values() if isinstance(model, nn.Graph) else model
    return [type(layer).__name__ for layer in layers]


def refusal(made, folder):
    """The message with which a file is refused."""
    with pytest.raises(ValueError, match=r"^load: ") as caught:
        load(written(made, folder))
    return str(caught.value)
