"""Layers of several inputs."""

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.steps import Formula


@describe.register
def _add(layer: nn.Add, symbols: Symbols, *inputs: str) -> Notation:
    y = symbols.numbered("R")
    each: dict[str | int, Formula] = {position: Formula("", d(y)) for position in range(len(inputs))}
    return Notation(y, Formula(y, " + ".join(inputs)), {}, each)


@describe.register
def _concatenate(layer: nn.Concatenate, symbols: Symbols, *inputs: str) -> Notation:
    y = symbols.numbered("C")
    axis = layer.dim % len(symbols.shapes[inputs[0]])
    along = "along the channels" if axis == 1 and symbols.hidden is None else f"along axis {axis}"
    parts: dict[str | int, Formula] = {}
    start = 0
    for position, x in enumerate(inputs):
        end = start + symbols.shapes[x][axis]
        which = f"entries {start} to {end - 1}" if end > start + 1 else f"entry {start}"
        parts[position] = Formula("", f"part({d(y)} of {x})", note=f"{which} {along}")
        start = end
    return Notation(y, Formula(y, f"concat({', '.join(inputs)})", note=along), {}, parts)
