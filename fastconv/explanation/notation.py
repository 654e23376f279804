"""How a person writes each layer: the symbol of its output, its formula, and those of its gradients.

An example is a column in the formulas and a row in the library's arrays, so that `Z2 = W2 F + b2` is the
library's `linear(F, W2, b2)` and `dL/dW2 = dL/dZ2 F^T` sums over the examples of a batch by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from fastconv import nn
from fastconv.explanation.steps import Formula
from fastconv.explanation.windows import Windowed, before

_SIDES = "top", "bottom", "left", "right"


@dataclass(frozen=True)
class Notation:
    """The lines of one layer.

    output: the symbol of its output; forward: how it comes about; parameters: their symbols by name;
    gradients: by parameter name, and "input", in the order of a derivation, without their symbols.
    """

    output: str
    forward: Formula
    parameters: Mapping[str, str]
    gradients: Mapping[str, Formula]


class Symbols:
    """Hands out symbols: layers with parameters count up, no symbol is given twice."""

    def __init__(self, input: str, examples: int, hidden: int | None = None) -> None:
        """`hidden`: the number of activations of a network without images, which are called H, H1, H2."""
        self.examples = examples
        self.number = 0
        self.hidden = hidden
        self.output = ""
        """What the next output is called whatever its layer, such as S for the scores."""
        self._taken = {input}

    def count(self) -> int:
        """The number of the next layer with parameters."""
        self.number += 1
        return self.number

    def name(self, symbol: str) -> str:
        """The symbol, with primes if it is taken."""
        symbol = self.output or symbol
        while symbol in self._taken:
            symbol += "'"
        self._taken.add(symbol)
        return symbol

    def activation(self) -> str:
        """The symbol of an activation's output."""
        if self.hidden is None:
            return self.name(f"A{self.number}" if self.number else "A")
        return self.name("H" if self.hidden == 1 else f"H{self.number}")

    def pooling(self) -> str:
        """The symbol of a pooling's output."""
        return self.name(f"P{self.number}")


def d(symbol: str) -> str:
    """The loss's derivative with respect to `symbol`."""
    return f"dL/d{symbol}"


def derivative(symbol: str, formula: Formula) -> Formula:
    """A formula of `Notation.gradients` with its left-hand side."""
    entries = f"{d(symbol)}{formula.entries}" if formula.entries else ""
    return Formula(d(symbol), formula.right, entries, formula.terms, formula.note)


@singledispatch
def describe(layer: nn.Layer, x: str, symbols: Symbols) -> Notation:
    """The lines of a layer whose input is called `x`; any other layer is called by its class."""
    kind = type(layer).__name__
    names = list(layer.parameters())
    number = symbols.count() if names else symbols.number
    y = symbols.name(f"Z{number}" if names else f"A{number}")
    parameters = {name: f"{name.replace('.', '_')}{number}" for name in names}
    lines = {name: Formula("", f"{kind}_backward({d(y)})") for name in [*names, "input"]}
    return Notation(y, Formula(y, ", ".join([f"{kind}({x}", *parameters.values()]) + ")"), parameters, lines)


@describe.register
def _linear(layer: nn.Linear, x: str, symbols: Symbols) -> Notation:
    number = symbols.count()
    z, w = symbols.name(f"Z{number}"), f"W{number}"
    parameters = {"weight": w}
    forward = f"{w} {x}"
    gradients = {"weight": Formula("", f"{d(z)} {x}^T")}
    if layer.bias is not None:
        parameters["bias"] = f"b{number}"
        forward += f" + b{number}"
        gradients["bias"] = Formula("", d(z) if symbols.examples == 1 else f"sum_{{n}} {d(z)}[n]")
    gradients["input"] = Formula("", f"{w}^T {d(z)}")
    return Notation(z, Formula(z, forward), parameters, gradients)


@describe.register
def _conv2d(layer: nn.Conv2d, x: str, symbols: Symbols) -> Notation:
    number = symbols.count()
    z, w, b = symbols.name(f"Z{number}"), f"W{number}", f"b{number}"
    settings = _settings(layer, stride=1, padding=0, dilation=1, groups=1)
    many_in, many_out = layer.in_channels > 1, layer.out_channels > 1
    o, c = ("o," if many_out else ""), ("c," if many_in else "")
    taps = f"{x}[{c}{_place(layer, 'i', 'm', 0)},{_place(layer, 'j', 'n', 1)}]"
    filter_entry = f"[{o}{c}m,n]"
    grouped = layer.groups > 1
    entries = f"sum_{{{c}m,n}} {taps} {w}{filter_entry}"
    bias = f" + {b}" if layer.bias is not None else ""
    forward = Formula(
        z,
        f"Conv({x}, {w}{settings}){bias}",
        "" if grouped else f"{z}[{o}i,j] = {entries}{bias}{'[o]' if bias and many_out else ''}",
    )
    gradients = {}
    if bias:
        gradients["bias"] = Formula("", f"sum_{{i,j}} {d(z)}[i,j]")
        if many_out:
            gradients["bias"] = Formula("", f"sum({d(z)})", f"[o] = sum_{{i,j}} {d(z)}[o,i,j]")
    gradients["weight"] = Formula(
        "",
        f"conv({x}, {d(z)}{settings})",
        "" if grouped else f"{filter_entry} = sum_{{i,j}} {taps} {d(z)}[{o}i,j]",
    )
    gradients["input"] = Formula(
        "", f"fullconv({d(z)}, rot180({w}){settings})", _scattered(layer, z, w, o, c)
    )
    parameters = {"weight": w, "bias": b} if bias else {"weight": w}
    return Notation(z, forward, parameters, gradients)


@describe.register
def _relu(layer: nn.ReLU, x: str, symbols: Symbols) -> Notation:
    y = symbols.activation()
    name = f"relu({x})" if symbols.hidden is None else f"max(0, {x})"
    return _elementwise(y, name, f"{d(y)} * 1[{x} > 0]")


@describe.register
def _sigmoid(layer: nn.Sigmoid, x: str, symbols: Symbols) -> Notation:
    y = symbols.activation()
    return _elementwise(y, f"sigmoid({x})", f"{d(y)} * {y} * (1 - {y})")


@describe.register
def _softmax(layer: nn.Softmax, x: str, symbols: Symbols) -> Notation:
    y = symbols.activation()
    return _elementwise(y, f"softmax({x})", f"{y} * ({d(y)} - sum({d(y)} * {y}))")


@describe.register
def _max_pool2d(layer: nn.MaxPool2d, x: str, symbols: Symbols) -> Notation:
    y = symbols.pooling()
    settings = _settings(layer, stride=layer.config()["kernel_size"], padding=0, dilation=1)
    rows, columns = layer.kernel_size
    forward = Formula(
        y,
        f"maxpool({x}, {rows}x{columns}{settings})",
        f"{y}[i,j] = max_{{m,n}} {x}[{_place(layer, 'i', 'm', 0)},{_place(layer, 'j', 'n', 1)}]",
    )
    note = "each window's gradient goes to its maximum (the first of equals), everything else gets 0"
    return Notation(y, forward, {}, {"input": Formula("", f"route({d(y)} to the maxima)", note=note)})


@describe.register
def _avg_pool2d(layer: nn.AvgPool2d, x: str, symbols: Symbols) -> Notation:
    y = symbols.pooling()
    usual = {"stride": layer.config()["kernel_size"], "padding": 0, "ceil_mode": False}
    settings = _settings(layer, **usual, count_include_pad=True, divisor_override=None)
    rows, columns = layer.kernel_size
    partly = layer.ceil_mode or not layer.count_include_pad
    divisor = "k[i,j]" if partly else str(rows * columns)
    note = "k[i,j] counts the pixels of the window" if partly else ""
    if layer.divisor_override is not None:
        divisor, note = str(layer.divisor_override), ""
    taps = f"{x}[{_place(layer, 'i', 'm', 0)},{_place(layer, 'j', 'n', 1)}]"
    entries = f"{y}[i,j] = sum_{{m,n}} {taps} / {divisor}"
    forward = Formula(y, f"avgpool({x}, {rows}x{columns}{settings})", entries, note=note)
    return Notation(y, forward, {}, {"input": _shared(y, divisor)})


@describe.register
def _adaptive_avg_pool2d(layer: nn.AdaptiveAvgPool2d, x: str, symbols: Symbols) -> Notation:
    y = symbols.pooling()
    if layer.output_size == (1, 1):
        forward = Formula(
            y, f"mean({x})", f"{y} = sum_{{u,v}} {x}[u,v] / k", note="of each plane, with k pixels"
        )
        return Notation(y, forward, {}, {"input": _shared(y, "k")})
    P, Q = (whole if size is None else size for size, whole in zip(layer.output_size, "HW", strict=True))
    note = "windows that cover the image evenly; k[i,j] counts the pixels of the window"
    entries = f"{y}[i,j] = sum_{{u,v}} {x}[u,v] / k[i,j]"
    forward = Formula(y, f"avgpool({x} to ({P}, {Q}))", entries, note=note)
    return Notation(y, forward, {}, {"input": _shared(y, "k[i,j]")})


def _shared(y: str, divisor: str) -> Formula:
    """The input gradient of an average pooling."""
    note = "each pixel of a window gets an equal share of the window's gradient"
    return Formula("", f"share({d(y)} / {divisor} in each window)", note=note)


@describe.register
def _flatten(layer: nn.Flatten, x: str, symbols: Symbols) -> Notation:
    y = symbols.name("F")
    return _elementwise(y, f"flatten({x})", f"reshape({d(y)})")


@describe.register
def _identity(layer: nn.Identity, x: str, symbols: Symbols) -> Notation:
    y = symbols.name(x)
    return _elementwise(y, x, d(y))


@describe.register
def _dropout(layer: nn.Dropout, x: str, symbols: Symbols) -> Notation:
    y = symbols.name(x)
    return _elementwise(y, x, d(y), "dropout passes on everything here, as in prediction")


def _elementwise(y: str, forward: str, gradient: str, note: str = "") -> Notation:
    return Notation(y, Formula(y, forward, note=note), {}, {"input": Formula("", gradient)})


def _settings(layer: Windowed, **usual: Any) -> str:
    """The settings that are not the usual ones, such as `, stride 2, padding 0x1`."""
    settings = {
        name: value for name, value in layer.config().items() if name in usual and value != usual[name]
    }
    return "".join(f", {name} {_setting(value)}" for name, value in settings.items())


def _setting(value: Any) -> str:
    if not isinstance(value, tuple):
        return str(value)
    if isinstance(value[0], tuple):
        return ", ".join(f"{side} {n}" for side, n in zip(_SIDES, sum(value, ()), strict=True) if n)
    return "x".join(map(str, value))


def _place(layer: Windowed, output: str, tap: str, axis: int) -> str:
    """The input index that belongs to an output index and a filter index, such as `2i+m-1`."""
    shift = before(layer, axis)
    scaled = _times(layer.stride[axis], output), _times(layer.dilation[axis], tap)
    return "+".join(scaled) + (f"-{shift}" if shift else "")


def _times(factor: int, index: str) -> str:
    return index if factor == 1 else f"{factor}{index}"


def _scattered(layer: nn.Conv2d, z: str, w: str, o: str, c: str) -> str:
    """One entry of a convolution's input gradient, where stride 1 keeps it short."""
    if layer.groups > 1 or layer.stride != (1, 1):
        return ""
    rows, columns = (
        index
        + (f"+{shift}" if (shift := before(layer, axis)) else "")
        + "-"
        + _times(layer.dilation[axis], tap)
        for axis, index, tap in ((0, "u", "m"), (1, "v", "n"))
    )
    return f"[{c}u,v] = sum_{{{o}m,n}} {d(z)}[{o}{rows},{columns}] {w}[{o}{c}m,n]"
