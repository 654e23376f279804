"""Dense layers."""

from fastconv import nn
from fastconv.interop.onnx.writing.graph import Place


def linear(at: Place, layer: nn.Linear, x: str) -> str:
    """x Wᵀ + b: one operator for flat samples, two for those with more axes."""
    weight = at.parameter(layer.weight)
    bias = [at.parameter(layer.bias)] if layer.bias is not None else []
    if len(at.shape) == 1:
        return at.node("Gemm", x, weight, *bias, transB=1)
    y = at.node("MatMul", x, at.node("Transpose", weight, perm=[1, 0]))
    return at.node("Add", y, *bias) if bias else y
