"""One pass through a model and its loss, forward and back, with everything on the way and its name."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fastconv import nn
from fastconv.explanation.graph import Place, places_of, run
from fastconv.explanation.losses import describe_loss
from fastconv.explanation.normalization import size_of_terms
from fastconv.explanation.notation import ACTIVATIONS, Notation, Symbols, describe
from fastconv.explanation.pieces import within
from fastconv.nn.places import locate
from fastconv.types import Array


class Way(NamedTuple):
    """A part of a gradient: of a value through the place that reads it, of a parameter through its use there.

    position: as which of the place's inputs, and 0 of a parameter.
    """

    place: int
    position: int
    gradient: Array


class Walk:
    """An explained pass. A value has a number: 0 is the model's input, k the output of the k-th place."""

    def __init__(
        self, model: nn.Layer, loss: nn.Loss, x: Array, y: Array, eps: float = 0.0, whole: bool = False
    ) -> None:
        """`eps`: by which share of itself each value and gradient is shaken, to see what rounding does.

        whole: also the gradients that lead to no parameter, such as that of the input.
        """
        self.model, self.whole = model, whole
        self.places = places_of(model)
        self.loss, self.y = loss, y
        self._eps = eps
        self.values = [_shaken(x, eps)]
        self.notations: list[Notation] = []
        layers = [place.layer for place in self.places]
        symbol, symbols = _symbols(layers, x)
        self.names = [symbol]
        """The symbols of the values."""
        closures: list[Any] = []
        for index, place in enumerate(self.places):
            if index == len(layers) - 1 and isinstance(loss, nn.CrossEntropyLoss):
                symbols.output = "S"
            notation = describe(place.layer, symbols, *(self.names[source] for source in place.sources))
            output, closure = self._forward(place, self.given(index))
            symbols.shapes[notation.output] = output.shape
            self.notations.append(notation)
            self.names.append(notation.output)
            self.values.append(_shaken(output, eps))
            closures.append(closure)
        symbols.output = ""
        if eps:
            self.values[-1] = within(loss, self.values[-1])
        self.loss_value, loss_backward = loss.forward(self.values[-1], y)
        self.loss_notation = describe_loss(loss, self.names[-1], self.values[-1], y, symbols)
        self.wanted = set(range(len(self.values))) if whole else self._leading_to_parameters()
        """The numbers of the values with a gradient: those that depend on a parameter, or all."""
        self.flow: dict[int, Array] = {len(self.places): _shaken(loss_backward(), eps)}
        """dL/d(value) by number."""
        self.ways: dict[int, list[Way]] = {}
        """What dL/d(value) is the sum of, by the value's number, in the order of the derivation."""
        self.uses: dict[tuple[int, str], list[Way]] = {}
        """What the gradient of a parameter is the sum of, by the first place of its layer and its name."""
        for index in range(len(self.places) - 1, -1, -1):
            if index + 1 in self.wanted:
                self._back_through(index, closures[index])

    def given(self, index: int) -> Any:
        """What the forward of a place takes."""
        place = self.places[index]
        return place.given([self.values[source] for source in place.sources])

    def _forward(self, place: Place, given: Any) -> tuple[Array, Any]:
        """A layer's output and closure; an error says where in the model it happened."""
        try:
            return run(place.layer, given)
        except (TypeError, ValueError) as error:
            if place.name:
                locate(error, place.name, place.layer, *(given if place.layer.takes_several else (given,)))
            raise

    def gradients(self) -> dict[str, Array]:
        """The whole gradient of each parameter, by the name that it has in the model."""
        return {
            self.places[first].parameter(name): total([way.gradient for way in ways])
            for (first, name), ways in self.uses.items()
        }

    def _leading_to_parameters(self) -> set[int]:
        wanted: set[int] = set()
        for number, (place, notation) in enumerate(zip(self.places, self.notations, strict=True), 1):
            if notation.parameters or not wanted.isdisjoint(place.sources):
                wanted.add(number)
        return wanted

    def _back_through(self, index: int, closure: Any) -> None:
        """The gradients of what a place reads and of its parameters, from that of its output."""
        place = self.places[index]
        asked = not self.wanted.isdisjoint(place.sources)
        dx, found = closure(self.flow[index + 1], input_gradient=asked)
        for name, gradient in found.items():
            if gradient is not None:
                self.uses.setdefault((place.first, name), []).append(Way(index, 0, gradient))
        parts = dx if place.layer.takes_several else (dx,)
        for position, (source, part) in enumerate(zip(place.sources, parts or (), strict=False)):
            if source in self.wanted:
                size = None
                if self._eps:
                    notation = self.notations[index]
                    size = size_of_terms(place.layer, notation, self.given(index), self.flow[index + 1])
                ways = self.ways.setdefault(source, [])
                ways.append(Way(index, position, _shaken(part, self._eps, size)))
                self.flow[source] = total([way.gradient for way in ways])


def _shaken(values: Array, eps: float, size: Array | None = None) -> Array:
    """Numbers off by up to `eps` of their size, equal ones equally: what is a tie remains one."""
    scale = float(np.abs(values).max(initial=0.0))
    if not eps or not scale or not np.isfinite(scale):
        return values
    by = eps * np.sin(1000 * values / scale + 1)
    return values + by * (values if size is None else size)


def total(gradients: Sequence[Array]) -> Array:
    """The sum of the parts of a gradient, from the first to the last."""
    whole = gradients[0]
    for gradient in gradients[1:]:
        whole = whole + gradient
    return whole


def _symbols(layers: Sequence[nn.Layer], x: Array) -> tuple[str, Symbols]:
    """The input's symbol, and the symbols of what follows: Z, A, P for images, Z, H for dense networks."""
    if x.ndim > 2 or any(isinstance(layer, nn.Conv2d) for layer in layers):
        return "X", Symbols("X", x.shape)
    return "x", Symbols("x", x.shape, sum(isinstance(layer, ACTIVATIONS) for layer in layers))
