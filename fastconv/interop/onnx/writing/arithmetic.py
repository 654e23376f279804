"""Arithmetic: of several inputs, with numbers, and over axes."""

import functools
from collections.abc import Callable, Sequence

from fastconv import nn
from fastconv.interop.onnx.writing.graph import Place

AXES_AS_INPUT = 18
"""From this operator set on ReduceMean reads its axes."""


def joined(operator: str) -> Callable[..., str]:
    """The writer of a layer that makes one of several inputs, two by two, by this operator."""

    def write(at: Place, layer: nn.Layer, *inputs: str) -> str:
        return functools.reduce(lambda x, other: at.node(operator, x, other), inputs)

    return write


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
