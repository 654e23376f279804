"""Activations."""

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe, elementwise
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.numbers import plain, short
from fastconv.explanation.steps import Formula


@describe.register
def _relu(layer: nn.ReLU, symbols: Symbols, x: str) -> Notation:
    y = symbols.activation()
    name = f"relu({x})" if symbols.hidden is None else f"max(0, {x})"
    return elementwise(y, name, f"{d(y)} * 1[{x} > 0]")


@describe.register
def _leaky_relu(layer: nn.LeakyReLU, symbols: Symbols, x: str) -> Notation:
    y, slope = symbols.activation(), short(layer.negative_slope)
    return elementwise(y, _leaky(x, slope), f"{d(y)} * (1[{x} > 0] + {slope} * 1[{x} <= 0])")


@describe.register
def _prelu(layer: nn.PReLU, symbols: Symbols, x: str) -> Notation:
    slope = f"a{symbols.count(layer)}"
    y = symbols.activation()
    channels = layer.num_parameters > 1
    gradients: dict[str | int, Formula] = {
        "weight": Formula(
            "", f"sum({d(y)} * min(0, {x}))", note="summed over each channel" if channels else ""
        ),
        0: Formula("", f"{d(y)} * (1[{x} > 0] + {slope} * 1[{x} <= 0])"),
    }
    note = f"{slope} has a slope for each channel" if channels else ""
    return Notation(y, Formula(y, _leaky(x, slope), note=note), {"weight": slope}, gradients)


def _leaky(x: str, slope: str) -> str:
    """The two sides of a rectifier."""
    return f"max(0, {x}) + {slope} * min(0, {x})"


@describe.register
def _elu(layer: nn.ELU, symbols: Symbols, x: str) -> Notation:
    y = symbols.activation()
    alpha = "" if layer.alpha == 1 else f"{short(layer.alpha)} * "
    below = f"{alpha}(exp(min(0, {x})) - 1)"
    return elementwise(y, f"max(0, {x}) + {below}", f"{d(y)} * (1[{x} > 0] + {alpha}exp({x}) * 1[{x} <= 0])")


@describe.register
def _relu6(layer: nn.ReLU6, symbols: Symbols, x: str) -> Notation:
    return _clipped(symbols, x, 0, 6)


@describe.register
def _hardtanh(layer: nn.Hardtanh, symbols: Symbols, x: str) -> Notation:
    return _clipped(symbols, x, layer.min_val, layer.max_val)


def _clipped(symbols: Symbols, x: str, low: float, high: float) -> Notation:
    """The lines of x between two bounds."""
    y, least, most = symbols.activation(), plain(low), plain(high)
    return elementwise(y, f"min(max({x}, {least}), {most})", f"{d(y)} * 1[{least} < {x} < {most}]")


@describe.register
def _sigmoid(layer: nn.Sigmoid, symbols: Symbols, x: str) -> Notation:
    y = symbols.activation()
    return elementwise(y, f"sigmoid({x})", f"{d(y)} * {y} * (1 - {y})")


@describe.register
def _tanh(layer: nn.Tanh, symbols: Symbols, x: str) -> Notation:
    y = symbols.activation()
    return elementwise(y, f"tanh({x})", f"{d(y)} * (1 - {y}^2)")


@describe.register
def _softplus(layer: nn.Softplus, symbols: Symbols, x: str) -> Notation:
    y = symbols.activation()
    beta, scaled = short(layer.beta), x if layer.beta == 1 else f"{short(layer.beta)} {x}"
    over = "" if layer.beta == 1 else f" / {beta}"
    note = f"and {x} itself where {scaled} > {plain(layer.threshold)}"
    return elementwise(y, f"log(1 + exp({scaled})){over}", f"{d(y)} * sigmoid({scaled})", note)


@describe.register
def _silu(layer: nn.SiLU, symbols: Symbols, x: str) -> Notation:
    y, s = symbols.activation(), f"sigmoid({x})"
    return elementwise(y, f"{x} * {s}", f"{d(y)} * {s} * (1 + {x} * (1 - {s}))")


@describe.register
def _gelu(layer: nn.GELU, symbols: Symbols, x: str) -> Notation:
    y = symbols.activation()
    note = "Phi(x): a normal variable's probability to be at most x; phi(x) = exp(-x^2 / 2) / sqrt(2 pi)"
    if layer.approximate == "tanh":
        note = "Phi(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, and phi is its derivative"
    return elementwise(y, f"{x} * Phi({x})", f"{d(y)} * (Phi({x}) + {x} * phi({x}))", note)


@describe.register
def _hardsigmoid(layer: nn.Hardsigmoid, symbols: Symbols, x: str) -> Notation:
    y = symbols.activation()
    return elementwise(y, f"min(max({x} + 3, 0), 6) / 6", f"{d(y)} / 6 * 1[-3 < {x} < 3]")


@describe.register
def _hardswish(layer: nn.Hardswish, symbols: Symbols, x: str) -> Notation:
    y = symbols.activation()
    slope = f"({x} / 3 + 1/2) * 1[-3 < {x} < 3] + 1[{x} >= 3]"
    return elementwise(y, f"{x} * min(max({x} + 3, 0), 6) / 6", f"{d(y)} * ({slope})")


@describe.register
def _softmax(layer: nn.Softmax, symbols: Symbols, x: str) -> Notation:
    y = symbols.activation()
    return elementwise(y, f"softmax({x})", f"{y} * ({d(y)} - sum({d(y)} * {y}))")


@describe.register
def _log_softmax(layer: nn.LogSoftmax, symbols: Symbols, x: str) -> Notation:
    y = symbols.activation()
    return elementwise(y, f"{x} - log(sum(exp({x})))", f"{d(y)} - exp({y}) * sum({d(y)})")


ACTIVATIONS = (
    *(nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.ReLU6, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish),
    *(nn.Sigmoid, nn.Tanh, nn.Softplus, nn.SiLU, nn.GELU, nn.Softmax, nn.LogSoftmax),
)
"""The layers whose outputs a network without images calls H."""
