"""Layers of several inputs."""

from fastconv import nn
from fastconv.explanation.notation.base import Notation, describe
from fastconv.explanation.notation.symbols import Symbols, d
from fastconv.explanation.steps import Formula


def _joined(layer: nn.Layer, symbols: Symbols, inputs: tuple[str, ...], right: str, *lines: str) -> Notation:
    """The lines of inputs that are joined element by element: of the output, of each input's gradient."""
    y = symbols.numbered("R")
    shapes = [symbols.shapes[x] for x in inputs]
    whole = (shapes[0][0], *layer.output_shape(*(shape[1:] for shape in shapes)))
    each: dict[str | int, Formula] = {}
    for position, (line, shape) in enumerate(zip(lines, shapes, strict=True)):
        note = "" if shape == whole else f"summed over the axes along which {inputs[position]} is repeated"
        each[position] = Formula("", line.replace("dL/dy", d(y)), note=note)
    return Notation(y, Formula(y, right), {}, each)


@describe.register
def _add(layer: nn.Add, symbols: Symbols, *inputs: str) -> Notation:
    return _joined(layer, symbols, inputs, " + ".join(inputs), *["dL/dy"] * len(inputs))


@describe.register
def _subtract(layer: nn.Subtract, symbols: Symbols, *inputs: str) -> Notation:
    return _joined(layer, symbols, inputs, " - ".join(inputs), "dL/dy", "-dL/dy")


@describe.register
def _multiply(layer: nn.Multiply, symbols: Symbols, *inputs: str) -> Notation:
    others = [[*inputs[:i], *inputs[i + 1 :]] for i in range(len(inputs))]
    lines = (" * ".join(["dL/dy", *factors]) for factors in others)
    return _joined(layer, symbols, inputs, " * ".join(inputs), *lines)


@describe.register
def _divide(layer: nn.Divide, symbols: Symbols, *inputs: str) -> Notation:
    a, b = inputs
    return _joined(layer, symbols, inputs, f"{a} / {b}", f"dL/dy / {b}", f"-dL/dy * {a} / {b}^2")


@describe.register
def _extreme(layer: nn.Maximum | nn.Minimum, symbols: Symbols, *inputs: str) -> Notation:
    name, word = ("max", "largest") if isinstance(layer, nn.Maximum) else ("min", "smallest")
    lines = [f"dL/dy where {x} is the {word}" for x in inputs]
    return _joined(layer, symbols, inputs, f"{name}({', '.join(inputs)})", *lines)


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
