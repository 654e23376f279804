"""One Keras layer on its way into a model: its settings, its weights, and the layers that it becomes."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.interop.keras.builder import Builder
from fastconv.interop.keras.entries import Entry
from fastconv.interop.keras.settings import Settings
from fastconv.interop.keras.values import Value, channels_first
from fastconv.interop.keras.weights import Weights
from fastconv.nn.weighted import WeightedLayer
from fastconv.types import Array, Shape

FORMATS = ("channels_last", "channels_first")


@dataclass
class Reading:
    """What all layers of a file share: the weights, their type here, and which layers were left out."""

    weights: Weights
    dtype: np.dtype[Any]
    left_out: list[str] = field(default_factory=list)
    layers: int = 0


class Step(Settings):
    """A Keras layer, and what it has become; called a second time, it becomes the same layers again.

    **Arguments:**

    - `entry`: what config.json says of it.
    - `path`: where its weights are.
    - `reading`: the file.
    - `builder`: the model that it stands in.
    """

    def __init__(self, entry: Entry, path: str, reading: Reading, builder: Builder) -> None:
        super().__init__(entry.kind, entry.values)
        self.name = entry.name
        self.path = path
        self.reading = reading
        self.builder = builder
        self._made: list[nn.Layer] = []
        self._replayed: Iterator[nn.Layer] | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the model's numbers."""
        return self.reading.dtype

    def again(self) -> None:
        """From here on, the layers are those that it became in the first call."""
        self._replayed = iter([*self._made])

    def weight(self, index: int, shape: Shape) -> Array:
        """A weight by its number; ValueError where it is missing or has another shape."""
        return self.reading.weights.array(f"{self.path}/vars/{index}", shape, self.dtype)

    def inner(self, kind: str, values: dict[str, Any]) -> "Step":
        """A layer that is a setting of this one, and has no weights."""
        inside = copy.copy(self)
        inside.kind, inside.values = kind, values
        inside.name = f"{self.name}_{kind.lower()}"
        return inside

    def apply(
        self,
        make: Callable[[], nn.Layer],
        value: Value,
        suffix: str = "",
        axes: tuple[int, ...] | None = None,
    ) -> Value:
        """The value after the layer that `make` makes, as `Builder.apply`."""
        return self.builder.apply(self._named(suffix), self.layer(make), value, axes)

    def layer(self, make: Callable[[], nn.Layer]) -> nn.Layer:
        """The layer that this makes, frozen where Keras's is; in a later call that of the first one."""
        if self._replayed is not None:
            return next(self._replayed)
        made = make()
        if not self.flag("trainable", True):
            made.freeze()
        self._made.append(made)
        return made

    def node(self, layer: nn.Layer, values: list[Value], suffix: str = "") -> str:
        """Adds a layer of several inputs to the model; returns its node."""
        return self.builder.add(self._named(suffix), layer, *values)

    def image(self, value: Value, axes: int) -> Value:
        """The value as an array (C, ...) with so many axes behind the channels, by the layer's data_format.

        Layers of signals that have none take (L, C) in Keras.
        """
        if value.rank != axes + 1:
            raise ValueError(f"got samples of {value.rank} axes, needs {axes + 1}")
        bare = axes == 1 and "data_format" not in self.values
        last = bare or self.choice("data_format", *FORMATS) == "channels_last"
        return self.builder.moved(value, channels_first(value.rank) if last else tuple(range(value.rank)))

    def first(self, value: Value, axis: int) -> Value:
        """The value as an array whose first axis is this one of Keras's."""
        others = (other for other in range(value.rank) if other != axis)
        return value if value.axes[0] == axis else self.builder.moved(value, (axis, *others))

    def channels(self, value: Value) -> int:
        """The size of our first axis, which has to be known."""
        return self.known(value.sizes[:1])[0]

    def known(self, sizes: tuple[int | None, ...]) -> Shape:
        """Sizes that all have to be known; ValueError where one is not."""
        if None in sizes:
            raise ValueError(f"got an input of shape {sizes}, needs sizes that are known")
        return tuple(size for size in sizes if size is not None)

    def fits(self, needed: int, got: int) -> None:
        """ValueError unless so many channels are a multiple of what is needed."""
        if got % needed:
            raise ValueError(f"got {got} channels, needs a multiple of {needed}")

    def _named(self, suffix: str) -> str:
        return f"{self.name}_{suffix}" if suffix else self.name


def filled(layer: WeightedLayer, weight: Array, bias: Array | None) -> WeightedLayer:
    """The layer with these parameters."""
    layer.weight[...] = weight
    if layer.bias is not None and bias is not None:
        layer.bias[...] = bias
    return layer
