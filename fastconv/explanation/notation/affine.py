"""A factor and a summand for each element, and powers."""

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe, elementwise
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.numbers import plain, short
from fastconv.explanation.steps import Formula


@describe.register
def _affine(layer: nn.Affine, symbols: Symbols, x: str) -> Notation:
    names = layer.parameters()
    number = symbols.count(layer) if names else symbols.number
    y = symbols.name(f"Z{number}" if names else x)
    parameters = {name: f"{name[0]}{number}" for name in names}
    gradients: dict[str | int, Formula] = {}
    right, back = x, d(y)
    if "weight" in names:
        w = parameters["weight"]
        right, back = f"{w} * {x}", f"{d(y)} * {w}"
        gradients["weight"] = _shared(f"{d(y)} * {x}", w)
    if "bias" in names:
        right += f" + {parameters['bias']}"
        gradients["bias"] = _shared(d(y), parameters["bias"])
    gradients[0] = Formula("", back)
    return Notation(y, Formula(y, right), parameters, gradients)


def _shared(terms: str, symbol: str) -> Formula:
    """The gradient of numbers that serve several elements each."""
    return Formula("", f"sum({terms})", note=f"summed over what shares a number of {symbol}")


@describe.register
def _power(layer: nn.Power, symbols: Symbols, x: str) -> Notation:
    y, p = symbols.numbered("A"), layer.exponent
    slope = f"{short(p)} * {_to_the(x, p - 1)}"
    return elementwise(y, _to_the(x, p), f"{d(y)} * {slope}" if p else f"0 * {d(y)}")


def _to_the(x: str, exponent: float) -> str:
    """A power of x."""
    if exponent in (0.5, -0.5):
        return f"sqrt({x})" if exponent > 0 else f"1 / sqrt({x})"
    return {0.0: "1", 1.0: x, -1.0: f"1 / {x}"}.get(exponent) or f"{x}^({plain(exponent)})"
