"""Dense layers."""

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.steps import Formula


@describe.register
def _linear(layer: nn.Linear, symbols: Symbols, x: str) -> Notation:
    number = symbols.count(layer)
    z, w = symbols.name(f"Z{number}"), f"W{number}"
    parameters = {"weight": w}
    forward = f"{w} {x}"
    gradients: dict[str | int, Formula] = {"weight": Formula("", f"{d(z)} {x}^T")}
    if layer.bias is not None:
        parameters["bias"] = f"b{number}"
        forward += f" + b{number}"
        gradients["bias"] = Formula("", d(z) if symbols.examples == 1 else f"sum_{{n}} {d(z)}[n]")
    gradients[0] = Formula("", f"{w}^T {d(z)}")
    return Notation(z, Formula(z, forward), parameters, gradients)
