"""The backend that ONNX's own tests drive."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.interop.onnx.reading.files import imported
from fastconv.interop.onnx.reading.graphs import outputs_of
from fastconv.interop.onnx.reading.model import File, computed
from fastconv.interop.onnx.reading.tensors import Tensors
from fastconv.types import Array


class Prepared:
    """A model that is ready to run."""

    def __init__(self, model: Any) -> None:
        stored = {tensor.name for tensor in model.graph.initializer}
        self._names = [value.name for value in model.graph.input if value.name not in stored]
        self._outputs = outputs_of(model)
        self._file = File(model, Tensors(None), model.ByteSize())

    def run(self, inputs: Sequence[Array], **options: Any) -> tuple[Array, ...]:
        """All outputs for these inputs, given in the order of the graph's."""
        if len(inputs) != len(self._names):
            needs = f"{len(self._names)} for {', '.join(self._names)}"
            raise validate.wrong_value("run", "inputs", f"{len(inputs)} arrays", needs)
        given = dict(zip(self._names, map(np.asarray, inputs), strict=True))
        return tuple(computed(self._file, name, given) for name in self._outputs)


class Backend:
    """fastconv's layers as a backend of ONNX: the class that `onnx.backend.test` drives."""

    @classmethod
    def is_compatible(cls, model: Any, device: str = "CPU", **options: Any) -> bool:
        """Whether it may be tried."""
        return cls.supports_device(device)

    @classmethod
    def prepare(cls, model: Any, device: str = "CPU", **options: Any) -> Prepared:
        """The model, ready to run; ValueError where an operation is not there."""
        return Prepared(model)

    @classmethod
    def run_model(cls, model: Any, inputs: Any, device: str = "CPU", **options: Any) -> tuple[Array, ...]:
        """The outputs of a model for these inputs."""
        return cls.prepare(model, device, **options).run(inputs)

    @classmethod
    def run_node(
        cls, node: Any, inputs: Any, device: str = "CPU", outputs_info: Any = None, **options: Any
    ) -> tuple[Array, ...]:
        """The outputs of one node for these inputs."""
        onnx = imported()
        given = [np.asarray(array) for array in inputs]
        names = [name for name in node.input if name]
        make, kind = onnx.helper.make_tensor_value_info, onnx.helper.np_dtype_to_tensor_dtype
        graph = onnx.helper.make_graph(
            [node],
            "node",
            [make(name, kind(array.dtype), array.shape) for name, array in zip(names, given, strict=True)],
            [make(name, onnx.TensorProto.FLOAT, None) for name in node.output if name],
        )
        opset = options.get("opset_version", onnx.defs.onnx_opset_version())
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)])
        return cls.run_model(model, given, device)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """The processor alone."""
        return device == "CPU"
