"""The lines of one layer, and of a layer that is not known."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch

from fastconv import nn
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.steps import Formula


@dataclass(frozen=True)
class Notation:
    """The lines of one layer.

    output: the symbol of its output; forward: how it comes about; parameters: their symbols by name;
    gradients: in the order of a derivation, without their symbols, those of the parameters by their names,
    those of the inputs by their positions, which is 0 where there is one.
    """

    output: str
    forward: Formula
    parameters: Mapping[str, str]
    gradients: Mapping[str | int, Formula]


def derivative(symbol: str, formula: Formula, way: int = 0) -> Formula:
    """A formula of `Notation.gradients` with its left-hand side, or that of a part of it: its number."""
    left = f"{d(symbol)} (way {way})" if way else d(symbol)
    entries = f"{left}{formula.entries}" if formula.entries else ""
    return Formula(left, formula.right, entries, formula.terms, formula.note)


@singledispatch
def describe(layer: nn.Layer, symbols: Symbols, *inputs: str) -> Notation:
    """The lines of a layer whose inputs are called so; any other layer is called by its class."""
    kind = type(layer).__name__
    names = list(layer.parameters())
    number = symbols.count(layer) if names else symbols.number
    y = symbols.name(f"Z{number}" if names else f"A{number}")
    parameters = {name: f"{name.replace('.', '_')}{number}" for name in names}
    keys = [*names, *range(len(inputs))]
    lines = {key: Formula("", f"{kind}_backward({d(y)})") for key in keys}
    forward = Formula(y, f"{kind}({', '.join([*inputs, *parameters.values()])})")
    return Notation(y, forward, parameters, lines)


def elementwise(y: str, forward: str, gradient: str, note: str = "") -> Notation:
    """The lines of a layer without parameters whose formulas are short."""
    return Notation(y, Formula(y, forward, note=note), {}, {0: Formula("", gradient)})
