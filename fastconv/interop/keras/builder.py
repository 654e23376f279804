"""Collects the layers of one model as nodes, and brings arrays into the order that a layer needs."""

from dataclasses import replace
from itertools import pairwise

from fastconv import nn
from fastconv.interop.keras.values import Sizes, Value, known
from fastconv.nn.base import INPUT

MOST_LETTERS = 200
"""Characters of a node's name."""


class Builder:
    """The nodes of one model so far, by name, each after those that it reads."""

    def __init__(self) -> None:
        self._nodes: dict[str, tuple[nn.Layer, tuple[str, ...]]] = {}
        self._moved: dict[tuple[str, tuple[int, ...]], Value] = {}
        self._unfolded: dict[str, Value] = {}

    def add(self, name: str, layer: nn.Layer, *values: Value) -> str:
        """Adds a node that reads these; returns its name, which is another where that one is taken."""
        name = name.replace(".", "_")[:MOST_LETTERS] or "layer"
        taken, number = {INPUT, *self._nodes}, 0
        unique = name
        while unique in taken:
            number += 1
            unique = f"{name}_{number}"
        self._nodes[unique] = (layer, tuple(value.node for value in values))
        return unique

    def apply(self, name: str, layer: nn.Layer, value: Value, axes: tuple[int, ...] | None = None) -> Value:
        """The value after this layer.

        It has the axes that it had, and sizes that were not known stay so; else `axes` says what the output's
        axes are to Keras, and all sizes have to be known. ValueError for a shape that does not fit.
        """
        got = layer.output_shape(known(value.sizes))
        sizes: Sizes = got
        if axes is None:
            axes = value.axes
            pairs = zip(got, value.sizes, strict=True)
            sizes = tuple(None if before is None else size for size, before in pairs)
        shape = tuple(sizes[axes.index(axis)] for axis in range(len(axes)))
        folded = value.folded if len(shape) == 1 and len(value.shape) == 1 else None
        return Value(self.add(name, layer, value), shape, axes, folded)

    def moved(self, value: Value, axes: tuple[int, ...]) -> Value:
        """The same value as an array of these axes."""
        if value.axes == axes:
            return value
        key = value.node, axes
        if key not in self._moved:
            dims = (0, *(value.here(axis) for axis in axes))
            node = self.add(f"{value.node}_permute", nn.Permute(dims), value)
            self._moved[key] = replace(value, node=node, axes=axes)
        return self._moved[key]

    def unfolded(self, value: Value) -> Value:
        """The same value with its elements in Keras's order."""
        if value.folded is None:
            return value
        if value.node not in self._unfolded:
            shape, axes = value.folded
            sizes = tuple(shape[axis] for axis in axes)
            node = self.add(f"{value.node}_unflatten", nn.Unflatten(1, sizes), value)
            image = self.plain(Value(node, shape, axes))
            node = self.add(f"{value.node}_flatten", nn.Flatten(), image)
            self._unfolded[value.node] = Value(node, value.shape, value.axes)
        return self._unfolded[value.node]

    def plain(self, value: Value) -> Value:
        """The same value as an array with Keras's axes and elements."""
        return self.moved(self.unfolded(value), tuple(range(value.rank)))

    def finished(self, output: Value) -> nn.Layer:
        """The model up to this value: a Sequential where each layer reads the one before it, else a Graph."""
        wanted, nodes = {output.node}, dict[str, tuple[nn.Layer, tuple[str, ...]]]()
        for name, (layer, sources) in reversed(self._nodes.items()):
            if name in wanted:
                wanted.update(sources)
                nodes[name] = layer, sources
        if not nodes:
            return nn.Sequential(nn.Identity())
        nodes = dict(reversed(nodes.items()))
        chain = pairwise([INPUT, *nodes])
        if all(nodes[name][1] == (before,) for before, name in chain):
            return nn.Sequential({name: layer for name, (layer, _) in nodes.items()})
        return nn.Graph({name: (layer, *sources) for name, (layer, sources) in nodes.items()})
