"""What an ONNX file states of its input."""

from pathlib import Path
from typing import Any

from fastconv.interop.onnx.reading.files import opened
from fastconv.types import Shape


def input_shape(path: str | Path) -> Shape | None:
    """The shape of a sample, (C, H, W), without the batch's axis; None where the file leaves a size open.

    Errors as for `load`.
    """
    model, _ = opened(path)
    return shape_in(model)


def shape_in(model: Any) -> Shape | None:
    """The same of an `onnx.ModelProto`."""
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in stored]
    sizes = [size.dim_value for value in inputs[:1] for size in value.type.tensor_type.shape.dim]
    return tuple(sizes[1:]) if len(inputs) == 1 and sizes and min(sizes[1:], default=1) > 0 else None
