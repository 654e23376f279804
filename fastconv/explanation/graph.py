"""A model as a list of layers, each with the numbers of the values that it reads."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from fastconv import nn
from fastconv.nn.base import INPUT
from fastconv.types import Array

BATCH_STATISTICS = nn.BatchNorm1d, nn.BatchNorm2d, nn.InstanceNorm1d, nn.InstanceNorm2d
"""The layers that training normalises by the batch, and prediction by running statistics."""


class Place(NamedTuple):
    """A layer where it stands in a model.

    name: its name there. sources: the values that it reads: 0 is the model's input, k the output of the k-th
    place. first: the number of the first place with the same layer, which is its own where no other has it.
    """

    name: str
    layer: nn.Layer
    sources: tuple[int, ...]
    first: int

    def given(self, values: Sequence[Array]) -> Any:
        """What the layer's forward takes: one of the values, or a tuple of them."""
        return tuple(values) if self.layer.takes_several else values[0]

    def parameter(self, name: str) -> str:
        """The name in the model of a parameter of this layer."""
        return f"{self.name}.{name}" if self.name else name


def places_of(model: nn.Layer) -> list[Place]:
    """The layers of a model in the order in which they run; containers stand for what is inside them."""
    numbers = {INPUT: 0}
    places: list[Place] = []
    for number, node in enumerate(model.nodes()):
        first = next((k for k, place in enumerate(places) if place.layer is node.layer), number)
        places.append(Place(node.name, node.layer, tuple(numbers[name] for name in node.inputs), first))
        numbers[node.name] = number + 1
    return places


def run(layer: nn.Layer, given: Any) -> tuple[Array, Callable[..., Any]]:
    """A layer's forward as a derivation shows it: normalised with the batch's statistics, without dropout."""
    return layer.forward(given, training=isinstance(layer, BATCH_STATISTICS))


def output_of(places: Iterable[Place], x: Array) -> Array:
    """The output of a model for a batch x."""
    values = [x]
    for place in places:
        values.append(run(place.layer, place.given([values[source] for source in place.sources]))[0])
    return values[-1]
