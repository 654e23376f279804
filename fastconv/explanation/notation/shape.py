"""Layers that move numbers, and those that let them pass."""

import math

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe, elementwise
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.steps import Formula


@describe.register
def _flatten(layer: nn.Flatten, symbols: Symbols, x: str) -> Notation:
    y = symbols.name("F")
    return elementwise(y, f"flatten({x})", f"reshape({d(y)})")


@describe.register
def _reshaped(layer: nn.Unflatten | nn.Reshape, symbols: Symbols, x: str) -> Notation:
    y = symbols.numbered("U")
    return elementwise(y, f"reshape({x})", f"reshape({d(y)})")


@describe.register
def _permute(layer: nn.Permute, symbols: Symbols, x: str) -> Notation:
    y, order = symbols.numbered("U"), ", ".join(map(str, layer.dims))
    back = "the axes in their order again"
    return Notation(
        y, Formula(y, f"permute({x} to axes {order})"), {}, {0: Formula("", f"permute({d(y)})", note=back)}
    )


@describe.register
def _slice(layer: nn.Slice, symbols: Symbols, x: str) -> Notation:
    y = symbols.numbered("U")
    start, stop, step = ("" if n is None else str(n) for n in (layer.start, layer.stop, layer.step))
    part = f"{start}:{stop}" + (f":{step}" if layer.step != 1 else "")
    note = f"along axis {layer.dim % len(symbols.shapes[x])}"
    back = Formula("", f"fill({d(y)})", note=f"0 where {x} is left out")
    return Notation(y, Formula(y, f"{x}[{part}]", note=note), {}, {0: back})


@describe.register
def _mean(layer: nn.Mean, symbols: Symbols, x: str) -> Notation:
    y, shape = symbols.numbered("M"), symbols.shapes[x]
    given = layer.dim if isinstance(layer.dim, tuple) else (layer.dim,)
    axes = sorted(axis % len(shape) for axis in given)
    count = math.prod(shape[axis] for axis in axes)
    over = f"over axis {axes[0]}" if len(axes) == 1 else f"over axes {', '.join(map(str, axes))}"
    forward = Formula(y, f"sum({x}) / {count}", note=over)
    return Notation(y, forward, {}, {0: Formula("", f"{d(y)} / {count}", note="for each element of a mean")})


@describe.register
def _identity(layer: nn.Identity, symbols: Symbols, x: str) -> Notation:
    y = symbols.name(x)
    return elementwise(y, x, d(y))


@describe.register
def _dropout(layer: nn.Dropout | nn.Dropout2d, symbols: Symbols, x: str) -> Notation:
    y = symbols.name(x)
    return elementwise(y, x, d(y), "dropout passes on everything here, as in prediction")
