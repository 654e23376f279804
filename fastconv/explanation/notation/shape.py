"""Layers that move numbers, and those that let them pass."""

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe, elementwise
from fastconv.explanation.notation.symbols import Symbols, d


@describe.register
def _flatten(layer: nn.Flatten, symbols: Symbols, x: str) -> Notation:
    y = symbols.name("F")
    return elementwise(y, f"flatten({x})", f"reshape({d(y)})")


@describe.register
def _unflatten(layer: nn.Unflatten, symbols: Symbols, x: str) -> Notation:
    y = symbols.numbered("U")
    return elementwise(y, f"reshape({x})", f"flatten({d(y)})")


@describe.register
def _identity(layer: nn.Identity, symbols: Symbols, x: str) -> Notation:
    y = symbols.name(x)
    return elementwise(y, x, d(y))


@describe.register
def _dropout(layer: nn.Dropout | nn.Dropout2d, symbols: Symbols, x: str) -> Notation:
    y = symbols.name(x)
    return elementwise(y, x, d(y), "dropout passes on everything here, as in prediction")
