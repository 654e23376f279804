"""Activations."""

import math

from fastconv import nn
from fastconv.interop.onnx.writing.graph import Place
from fastconv.interop.onnx.writing.shape import along_channels

HARDSWISH, GELU = 14, 20
"""The first operator set that has each."""
FLAT = 20.0
"""A threshold of softplus from which on it makes no difference."""


def relu(at: Place, layer: nn.ReLU, x: str) -> str:
    """max(x, 0), element by element."""
    return at.node("Relu", x)


def relu6(at: Place, layer: nn.ReLU6, x: str) -> str:
    """min(max(x, 0), 6)."""
    return at.node("Clip", x, at.numbers("min", 0), at.numbers("max", 6))


def hardtanh(at: Place, layer: nn.Hardtanh, x: str) -> str:
    """min(max(x, min_val), max_val)."""
    return at.node("Clip", x, at.numbers("min", layer.min_val), at.numbers("max", layer.max_val))


def leaky_relu(at: Place, layer: nn.LeakyReLU, x: str) -> str:
    """x, or alpha · x below 0."""
    return at.node("LeakyRelu", x, alpha=layer.negative_slope)


def prelu(at: Place, layer: nn.PReLU, x: str) -> str:
    """The slopes stand along the channels' axis: (C, 1, 1) for images."""
    slope = at.parameter(layer.weight)
    if layer.num_parameters > 1:
        slope = along_channels(at, slope)
    return at.node("PRelu", x, slope)


def elu(at: Place, layer: nn.ELU, x: str) -> str:
    """x, or alpha · (exp(x) - 1) below 0."""
    return at.node("Elu", x, alpha=layer.alpha)


def sigmoid(at: Place, layer: nn.Sigmoid, x: str) -> str:
    """1 / (1 + exp(-x))."""
    return at.node("Sigmoid", x)


def tanh(at: Place, layer: nn.Tanh, x: str) -> str:
    """The hyperbolic tangent."""
    return at.node("Tanh", x)


def silu(at: Place, layer: nn.SiLU, x: str) -> str:
    """x · σ(x); Swish, of operator set 24, is not in every runtime that knows the set."""
    return at.node("Mul", x, at.node("Sigmoid", x))


def hardsigmoid(at: Place, layer: nn.Hardsigmoid, x: str) -> str:
    """min(max(x / 6 + 1/2, 0), 1)."""
    return at.node("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def hardswish(at: Place, layer: nn.Hardswish, x: str) -> str:
    """x · min(max(x / 6 + 1/2, 0), 1)."""
    if at.opset >= HARDSWISH:
        return at.node("HardSwish", x)
    return at.node("Mul", x, at.node("HardSigmoid", x, alpha=1 / 6, beta=0.5))


def gelu(at: Place, layer: nn.GELU, x: str) -> str:
    """x · Φ(x), of older operators x · (1 + erf(x/√2)) / 2, or its form with tanh."""
    if at.opset >= GELU:
        return at.node("Gelu", x, approximate=layer.approximate)
    one, half = at.numbers("one", 1), at.numbers("half", 0.5)
    if layer.approximate == "tanh":
        cube = at.node("Mul", at.node("Mul", x, x), x)
        inner = at.node("Add", x, at.node("Mul", cube, at.numbers("cubic", 0.044715)))
        bent = at.node("Tanh", at.node("Mul", inner, at.numbers("scale", math.sqrt(2 / math.pi))))
    else:
        bent = at.node("Erf", at.node("Mul", x, at.numbers("scale", math.sqrt(0.5))))
    return at.node("Mul", at.node("Mul", x, half), at.node("Add", bent, one))


def softplus(at: Place, layer: nn.Softplus, x: str) -> str:
    """log(1 + exp(beta · x)) / beta, and x where beta · x is above the threshold."""
    plain = layer.beta == 1
    inner = x if plain else at.node("Mul", x, at.numbers("beta", layer.beta))
    y = at.node("Softplus", inner)
    if not plain:
        y = at.node("Div", y, at.numbers("divisor", layer.beta))
    if layer.threshold >= FLAT:
        return y
    return at.node("Where", at.node("Greater", inner, at.numbers("threshold", layer.threshold)), x, y)


def softmax(at: Place, layer: nn.Softmax, x: str) -> str:
    """Along the same axis, the batch counted."""
    return at.node("Softmax", x, axis=layer.dim)


def log_softmax(at: Place, layer: nn.LogSoftmax, x: str) -> str:
    """Along the same axis, the batch counted."""
    return at.node("LogSoftmax", x, axis=layer.dim)
