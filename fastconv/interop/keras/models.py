"""Walks through the layers of a model, and of models inside it, so that each reads earlier ones."""

import re
from collections import Counter
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from fastconv.interop.keras import table
from fastconv.interop.keras.builder import Builder
from fastconv.interop.keras.entries import Entry, Tensor, inside
from fastconv.interop.keras.step import Reading, Step
from fastconv.interop.keras.values import Value
from fastconv.nn.base import INPUT

DEEPEST = 16
"""Models inside models."""
MOST_TEXT = 800
"""Characters of an error's message: it may show what the file says."""


class PlacedError(ValueError):
    """An error that says where it happened."""


def converted(model: Entry, given: Value, reading: Reading) -> tuple[Builder, Value]:
    """The layers of a model for a given input, and their output; ValueError, with the place, for a misfit."""
    return _Walk(model, given, reading, "", "", 0).run()


class _Walk:
    """One model on its way: its layers by name, and the outputs that are there.

    `path` is where its weights are, `place` how errors call it.
    """

    def __init__(
        self, model: Entry, given: Value, reading: Reading, path: str, place: str, depth: int
    ) -> None:
        self.given = replace(given, node=INPUT)
        self.reading = reading
        self.place, self.depth = place, depth
        self.builder = Builder()
        layers, self.output = inside(model)
        self.layers = {layer.name: layer for layer in layers}
        self.paths = dict(zip(self.layers, _paths(layers, path), strict=True))
        self.values: dict[Tensor, Value] = {}
        self.first: dict[str, tuple[Any, Value]] = {}
        """What a layer became in its first call, and its input then."""

    def run(self) -> tuple[Builder, Value]:
        """The builder, with all layers, and the output."""
        for tensor in self._order():
            layer = self.layers[tensor.layer]
            try:
                self.values[tensor] = self._value(layer, tensor.call)
            except PlacedError:
                raise
            except (ValueError, TypeError, OverflowError) as error:
                text = str(error).removeprefix(f"{layer.kind}: ")[:MOST_TEXT]
                raise PlacedError(f"in {self.place}{layer.name[:80]} ({layer.kind[:80]}): {text}") from None
        return self.builder, self.values[self.output]

    def _order(self) -> list[Tensor]:
        """The outputs of all calls; ValueError where one reads what is not there, or itself."""
        reads: dict[Tensor, list[Tensor]] = {}
        for layer in self.layers.values():
            if layer.is_input:
                reads[Tensor(layer.name, 0)] = []
            for number, call in enumerate(layer.calls):
                reads[Tensor(layer.name, number)] = [t for t in call.inputs if isinstance(t, Tensor)]
        for tensor in [self.output, *(tensor for read in reads.values() for tensor in read)]:
            if tensor not in reads:
                raise ValueError(f"got {tensor.layer[:80]!r}, call {tensor.call}, which is not there")
        try:
            return list(TopologicalSorter(reads).static_order())
        except CycleError:
            raise ValueError("got layers that read each other in a circle") from None

    def _value(self, layer: Entry, number: int) -> Value:
        """The output of one call of a layer."""
        if layer.is_input:
            return self.given
        call = layer.calls[number]
        if call.training and layer.kind not in table.LEFT_OUT:
            raise ValueError("got a call with training=True, needs one as in prediction")
        given = [self.values[item] if isinstance(item, Tensor) else item for item in call.inputs]
        if layer.is_model:
            return self._model(layer, self._only(given))
        read, several = table.reader(layer)
        if several:
            return read(self._step(layer), given)
        return self._single(layer, read, self._only(given))

    def _single(self, layer: Entry, read: table.Reader, value: Value) -> Value:
        """A layer of one input; called again, it takes its input as in the first call."""
        if len(layer.calls) == 1:
            return read(self._step(layer), value)
        value = self.builder.unfolded(value)
        if layer.name not in self.first:
            step = self._step(layer)
            self.first[layer.name] = step, value
            return read(step, value)
        step, before = self.first[layer.name]
        step.again()
        return read(step, self._as(value, before))

    def _model(self, layer: Entry, value: Value) -> Value:
        """A model inside, one layer of ours."""
        if self.depth == DEEPEST:
            raise ValueError(f"got more than {DEEPEST} models inside each other")
        if len(layer.calls) > 1:
            value = self.builder.unfolded(value)
        if layer.name not in self.first:
            place, path = f"{self.place}{layer.name[:80]}.", self.paths[layer.name]
            walk = _Walk(layer, value, self.reading, path, place, self.depth + 1)
            builder, output = walk.run()
            self.first[layer.name] = (builder.finished(output), output), value
        (model, output), before = self.first[layer.name]
        value = self._as(value, before)
        if value.shape != before.shape:
            raise ValueError(f"got samples of {before.shape}, then of {value.shape}, needs one shape")
        return replace(output, node=self.builder.add(layer.name, model, value))

    def _as(self, value: Value, before: Value) -> Value:
        """The value with the axes of another."""
        if value.rank != before.rank:
            raise ValueError(f"got samples of {before.rank} axes, then of {value.rank}, needs as many")
        return self.builder.moved(value, before.axes)

    def _step(self, layer: Entry) -> Step:
        return Step(layer, self.paths[layer.name], self.reading, self.builder)

    def _only(self, given: list[Any]) -> Value:
        """The one input of a layer."""
        if len(given) != 1 or not isinstance(given[0], Value):
            raise ValueError(f"got {len(given)} inputs, needs one array")
        return given[0]


def _paths(layers: list[Entry], path: str) -> list[str]:
    """Where the weights of each layer are: Keras numbers the layers of a class; operations have none."""
    counts: Counter[str] = Counter()
    paths = []
    for layer in layers:
        name = _snake_case(layer.kind)
        number = counts[name]
        if layer.module == "keras.layers" or layer.is_model:
            counts[name] += 1
        inner = f"layers/{name}_{number}" if number else f"layers/{name}"
        paths.append(f"{path}/{inner}" if path else inner)
    return paths


def _snake_case(name: str) -> str:
    """A class's name as Keras writes it in paths: BatchNormalization is batch_normalization."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
