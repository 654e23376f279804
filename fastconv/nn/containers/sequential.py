"""Sequential: layers one after the other."""

from collections.abc import Iterator, Mapping
from typing import Any, overload

import numpy as np

from fastconv import exchange
from fastconv.nn.architecture import build, described
from fastconv.nn.arguments import generator
from fastconv.nn.base import Backward, Gradients, Layer, Node
from fastconv.nn.containers.arguments import layers_of, name_of
from fastconv.nn.listening import announce
from fastconv.nn.places import locate, shape_at
from fastconv.nn.summary import Row
from fastconv.types import Array, Shape


class Sequential(Layer):
    """y = f_n(… f_2(f_1(x))); backwards, each layer's closure in reverse order: the chain rule.

    The parameters are named by their layer's index, as in PyTorch: `0.weight`. `model[2]` is a layer,
    `model[:2]` a model of the first two, on the same arrays. A layer that is there twice has its parameters
    once: the gradients of its places add up. An error names the layer at which it happened:
    `in 3 (Linear): ...`.

    **Arguments:**

    - `layers`: the layers, each an argument, in the order in which they run; or one dict of name and layer
      (`OrderedDict`, as PyTorch takes it), whose names the parameters then have. TypeError for anything else.
    - `seed`: draws the parameters of all layers anew, each layer's from its own stream, so that they depend
      on the seed alone. None keeps what the layers have.
    """

    layers_in = ("_layers",)

    def __init__(self, *layers: Layer | Mapping[str, Layer], seed: int | None = None) -> None:
        super().__init__()
        self._names: tuple[str, ...] | None = None
        if len(layers) == 1 and isinstance(layers[0], Mapping):
            self._names = tuple(name_of("Sequential", name) for name in layers[0])
            layers = tuple(layers[0].values())
        self._layers = layers_of("Sequential", "argument", layers)
        self._start: tuple[object, int, Gradients] = (None, 0, {})
        if seed is not None:
            self.initialize(generator("Sequential", "seed", seed))

    def children(self) -> dict[str, Layer]:
        """The layers by index or name, and those that are attributes of a user's class."""
        return {**dict(zip(self._keys(), self._layers, strict=True)), **super().children()}

    def _keys(self) -> tuple[str, ...]:
        """The layers' names: their indices, where none were given."""
        return self._names or tuple(map(str, range(len(self._layers))))

    def _parts(self, name: str, source: str) -> list[Node]:
        """One after the other."""
        nodes: list[Node] = []
        for key, layer in zip(self._keys(), self._layers, strict=True):
            nodes += layer.nodes(f"{name}.{key}" if name else key, source)
            source = nodes[-1].name if nodes else source
        return nodes

    def leaves(self) -> Iterator[tuple[str, Layer]]:
        """The layers, each with its name; in place of a Sequential inside, its layers: `3.1`."""
        if type(self).forward is not Sequential.forward:
            yield from super().leaves()
            return
        for key, layer in zip(self._keys(), self._layers, strict=True):
            for name, leaf in layer.leaves():
                yield f"{key}.{name}" if name else key, leaf

    def forward(self, x: Array, training: bool = True) -> tuple[Array, Backward]:
        """The last layer's output, and a closure that runs the layers' closures backwards."""
        closures: list[Backward] = []
        if type(x) is not np.ndarray:
            x = exchange.taken("Sequential", "x", x)
        for index, layer in enumerate(self._layers):
            try:
                x, closure = layer.forward(x, training)
            except (TypeError, ValueError) as error:
                locate(error, self._keys()[index], layer, x)
                raise
            closures.append(closure)

        def backward(dy: Array, input_gradient: bool = True) -> tuple[Array | None, Gradients]:
            dx: Array | None = dy
            found: dict[int, Gradients] = {}
            last, untrained = (0, {}) if input_gradient else self._trained_from()
            keys = self._keys()
            for index in range(len(closures) - 1, last - 1, -1):
                try:
                    dx, found[index] = closures[index](dx, input_gradient=input_gradient or index > last)
                except (TypeError, ValueError) as error:
                    locate(error, keys[index], self._layers[index])
                    raise
                announce(self._layers[index], found[index])
            gradients = {f"{keys[i]}.{name}": g for i in sorted(found) for name, g in found[i].items()}
            return (dx if input_gradient else None), self._added_up({**untrained, **gradients})

        return x, backward

    def _trained_from(self) -> tuple[int, Gradients]:
        """The first layer with parameters to train, and None as the gradient of each before it."""
        if self._start[0] is not Layer.changes:
            changes = Layer.changes
            trained = (index for index, layer in enumerate(self._layers) if layer._trains())
            first = next(trained, len(self._layers))
            before = zip(self._keys()[:first], self._layers, strict=False)
            untrained: Gradients = {
                f"{key}.{name}": None for key, layer in before for name in layer.parameters()
            }
            self._start = changes, first, untrained
        return self._start[1:]

    def _predicted(self, x: Array) -> Array:
        for index, layer in enumerate(self._layers):
            try:
                x = layer(x)
            except (TypeError, ValueError) as error:
                locate(error, self._keys()[index], layer, x)
                raise
        return x

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape after the last layer."""
        return self._shapes(input_shape)[-1]

    def multiply_adds(self, input_shape: Shape) -> int:
        """The sum over all layers."""
        shapes = self._shapes(input_shape)
        return sum(layer.multiply_adds(shape) for layer, shape in zip(self._layers, shapes, strict=False))

    def rows(self, input_shape: Shape, name: str = "") -> list[Row]:
        """The lines of `summary`: those of all layers."""
        pairs = zip(self._keys(), self._layers, self._shapes(input_shape), strict=False)
        prefix = f"{name}." if name else ""
        return [row for key, layer, shape in pairs for row in layer.rows(shape, f"{prefix}{key}")]

    def _inside(self) -> dict[str, Any]:
        layers = [described(layer) for layer in self._layers]
        return {"layers": layers} if self._names is None else {"layers": layers, "names": list(self._names)}

    @classmethod
    def from_description(cls, arguments: dict[str, Any]) -> "Sequential":
        """A sequence of the described layers, freshly initialised."""
        layers, names = arguments.get("layers"), arguments.get("names")
        if not isinstance(layers, list):
            raise ValueError("architecture: got a Sequential without a list of layers")
        if names is None:
            return cls(*map(build, layers))
        if not isinstance(names, list) or len({*map(str, names)}) != len(layers):
            raise ValueError("architecture: got a Sequential without a name for each of its layers")
        return cls(dict(zip(names, map(build, layers), strict=True)))

    def _shapes(self, shape: Shape) -> list[Shape]:
        """The shapes between the layers: what enters each of them, then what leaves the last."""
        shapes = [tuple(shape)]
        for key, layer in zip(self._keys(), self._layers, strict=True):
            shapes.append(shape_at(key, layer, shapes[-1]))
        return shapes

    @overload
    def __getitem__(self, index: int) -> Layer: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequential": ...
    def __getitem__(self, index: int | slice) -> Layer:
        if isinstance(index, slice):
            if self._names is None:
                return Sequential(*self._layers[index])
            return Sequential(dict(zip(self._names[index], self._layers[index], strict=True)))
        return self._layers[index]

    def __getattr__(self, name: str) -> Layer:
        names = vars(self).get("_names") or ()
        if name in names:
            return self._layers[names.index(name)]
        raise AttributeError(f"{type(self).__name__}: {name}: there is no such attribute or layer")

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)
