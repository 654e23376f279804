"""Convolutions."""

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe
from fastconv.explanation.notation.settings import INPUT, OUTPUT, TAP, indices, places, settings_of, times
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.steps import Formula
from fastconv.explanation.windows import before
from fastconv.types import Shape


@describe.register
def _conv(layer: nn.Conv1d | nn.Conv2d, symbols: Symbols, x: str) -> Notation:
    number = symbols.count(layer)
    z, w, b = symbols.name(f"Z{number}"), f"W{number}", f"b{number}"
    settings = settings_of(layer, stride=1, padding=0, dilation=1, groups=1)
    many_in, many_out = layer.in_channels > 1, layer.out_channels > 1
    o, c = ("o," if many_out else ""), ("c," if many_in else "")
    out, taps, size = indices(layer, OUTPUT), indices(layer, TAP), symbols.shapes[x][2:]
    seen = f"{x}[{c}{places(layer, size)}]"
    grouped = layer.groups > 1
    entries = f"sum_{{{c}{taps}}} {seen} {w}[{o}{c}{taps}]"
    bias = f" + {b}" if layer.bias is not None else ""
    forward = Formula(
        z,
        f"Conv({x}, {w}{settings}){bias}",
        "" if grouped else f"{z}[{o}{out}] = {entries}{bias}{'[o]' if bias and many_out else ''}",
    )
    gradients: dict[str | int, Formula] = {}
    if bias:
        gradients["bias"] = _of_bias(z, out, many_out)
    gradients["weight"] = Formula(
        "",
        f"conv({x}, {d(z)}{settings})",
        "" if grouped else f"[{o}{c}{taps}] = sum_{{{out}}} {seen} {d(z)}[{o}{out}]",
    )
    turned = f"rot180({w})" if len(size) == 2 else f"reverse({w})"
    gradients[0] = Formula("", f"fullconv({d(z)}, {turned}{settings})", _scattered(layer, size, z, w, o, c))
    parameters = {"weight": w, "bias": b} if bias else {"weight": w}
    return Notation(z, forward, parameters, gradients)


@describe.register
def _conv_transpose2d(layer: nn.ConvTranspose2d, symbols: Symbols, x: str) -> Notation:
    number = symbols.count(layer)
    z, w, b = symbols.name(f"Z{number}"), f"W{number}", f"b{number}"
    settings = settings_of(layer, stride=1, padding=0, dilation=1, groups=1)
    more = settings_of(layer, output_padding=0)
    o, c = ("o," if layer.out_channels > 1 else ""), ("c," if layer.in_channels > 1 else "")
    grouped = layer.groups > 1
    # The roles of input and output are those of a convolution that goes the other way.
    target = places(layer, symbols.shapes[x][2:])
    bias = f" + {b}" if layer.bias is not None else ""
    summed = f"sum_{{{c[:-1]}}} " if c else ""
    forward = Formula(
        z,
        f"ConvT({x}, {w}{settings}{more}){bias}",
        "" if grouped else f"{z}[{o}{target}] += {summed}{x}[{c}i,j] {w}[{c}{o}m,n]",
        note="each pixel of the input adds the filter, times itself, to the output around its place",
    )
    gradients: dict[str | int, Formula] = {}
    if bias:
        gradients["bias"] = _of_bias(z, "i,j", layer.out_channels > 1)
    gradients["weight"] = Formula(
        "",
        f"conv({d(z)}, {x}{settings})",
        "" if grouped else f"[{c}{o}m,n] = sum_{{i,j}} {x}[{c}i,j] {d(z)}[{o}{target}]",
    )
    gradients[0] = Formula(
        "",
        f"Conv({d(z)}, {w}{settings})",
        "" if grouped else f"[{c}i,j] = sum_{{{o}m,n}} {d(z)}[{o}{target}] {w}[{c}{o}m,n]",
    )
    parameters = {"weight": w, "bias": b} if bias else {"weight": w}
    return Notation(z, forward, parameters, gradients)


def _of_bias(z: str, out: str, many: bool) -> Formula:
    """The gradient of one bias, or of that of each channel."""
    if many:
        return Formula("", f"sum({d(z)})", f"[o] = sum_{{{out}}} {d(z)}[o,{out}]")
    return Formula("", f"sum_{{{out}}} {d(z)}[{out}]")


def _scattered(layer: nn.Conv1d | nn.Conv2d, size: Shape, z: str, w: str, o: str, c: str) -> str:
    """One entry of a convolution's input gradient, where stride 1 keeps it short."""
    if layer.groups > 1 or max(layer.stride) > 1:
        return ""
    seen = ",".join(
        INPUT[axis]
        + (f"+{shift}" if (shift := before(layer, axis, length)) else "")
        + "-"
        + times(layer.dilation[axis], TAP[axis])
        for axis, length in enumerate(size)
    )
    into, taps = indices(layer, INPUT), indices(layer, TAP)
    return f"[{c}{into}] = sum_{{{o}{taps}}} {d(z)}[{o}{seen}] {w}[{o}{c}{taps}]"
