"""What values and parameters are called."""

from fastconv import nn
from fastconv.types import Shape


class Symbols:
    """Hands out symbols: layers with parameters count up, no symbol is given twice."""

    def __init__(self, input: str, shape: Shape, hidden: int | None = None) -> None:
        """`hidden`: the number of activations of a network without images, which are called H, H1, H2."""
        self.examples = shape[0]
        self.number = 0
        self.hidden = hidden
        self.output = ""
        """What the next output is called whatever its layer, such as S for the scores."""
        self.shapes = {input: shape}
        """The shapes, with the batch axis, of the values whose symbols a layer is described with."""
        self._taken = {input}
        self._numbers: dict[int, int] = {}

    def count(self, layer: nn.Layer) -> int:
        """The number of a layer with parameters: the next, or the same again for a layer used before."""
        if id(layer) in self._numbers:
            return self._numbers[id(layer)]
        self.number += 1
        self._numbers[id(layer)] = self.number
        return self.number

    def name(self, symbol: str) -> str:
        """The symbol of an output, with primes if it is taken."""
        return self.inside(self.output or symbol)

    def inside(self, symbol: str) -> str:
        """The symbol of a value inside a layer, with primes if it is taken."""
        while symbol in self._taken:
            symbol += "'"
        self._taken.add(symbol)
        return symbol

    def numbered(self, letter: str) -> str:
        """A symbol with the number of the last layer with parameters."""
        return self.name(f"{letter}{self.number}" if self.number else letter)

    def activation(self) -> str:
        """The symbol of an activation's output."""
        if self.hidden is None:
            return self.numbered("A")
        return self.name("H" if self.hidden == 1 else f"H{self.number}")


def d(symbol: str) -> str:
    """The loss's derivative with respect to `symbol`."""
    return f"dL/d{symbol}"
