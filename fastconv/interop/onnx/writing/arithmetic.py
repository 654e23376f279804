"""Arithmetic: of several inputs, with numbers, and over axes."""

from collections.abc import Sequence

from fastconv import nn
from fastconv.interop.onnx.writing.graph import Place

AXES_AS_INPUT = 18
"""From this operator set on ReduceMean reads its axes."""


def add(at: Place, layer: nn.Add, *inputs: str) -> str:
    """The sum, two by two."""
    return _folded(at, "Add", inputs)


def subtract(at: Place, layer: nn.Subtract, *inputs: str) -> str:
    """The difference of the two."""
    return _folded(at, "Sub", inputs)


def multiply(at: Place, layer: nn.Multiply, *inputs: str) -> str:
    """The product, two by two."""
    return _folded(at, "Mul", inputs)


def divide(at: Place, layer: nn.Divide, *inputs: str) -> str:
    """The quotient of the two."""
    return _folded(at, "Div", inputs)


def maximum(at: Place, layer: nn.Maximum, *inputs: str) -> str:
    """The largest, two by two."""
    return _folded(at, "Max", inputs)


def minimum(at: Place, layer: nn.Minimum, *inputs: str) -> str:
    """The smallest, two by two."""
    return _folded(at, "Min", inputs)


def affine(at: Place, layer: nn.Affine, x: str) -> str:
    """x·w + b, as far as there are both."""
    if layer.weight is not None:
        x = at.node("Mul", x, at.parameter(layer.weight))
    return x if layer.bias is None else at.node("Add", x, at.parameter(layer.bias))


def power(at: Place, layer: nn.Power, x: str) -> str:
    """x to one power."""
    return at.node("Pow", x, at.numbers("exponent", layer.exponent))


def mean(at: Place, layer: nn.Mean, x: str) -> str:
    """The mean over some axes of a sample."""
    axes = layer.dim if isinstance(layer.dim, tuple) else (layer.dim,)
    return mean_over(at, x, axes, layer.keepdim)


def mean_over(at: Place, x: str, axes: Sequence[int], keepdims: bool = True) -> str:
    """The mean over some axes, the batch counted."""
    if at.opset >= AXES_AS_INPUT:
        return at.node("ReduceMean", x, at.integers("axes", *axes), keepdims=int(keepdims))
    return at.node("ReduceMean", x, axes=list(axes), keepdims=int(keepdims))


def _folded(at: Place, operator: str, inputs: tuple[str, ...]) -> str:
    """An operator of two inputs over several of them."""
    first, *others = inputs
    for other in others:
        first = at.node(operator, first, other)
    return first
