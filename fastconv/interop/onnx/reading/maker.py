"""Layers of a graph, node by node: constants folded, shapes followed under two sizes of the input."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.backends import Choice
from fastconv.interop.onnx.reading.call import Call, Made
from fastconv.interop.onnx.reading.graphs import Graph, Node
from fastconv.interop.onnx.reading.origins import Origin, Origins
from fastconv.interop.onnx.reading.table import OPERATIONS
from fastconv.interop.onnx.reading.values import Budget, Constant, Data, GraphError, Value
from fastconv.nn.base import INPUT
from fastconv.nn.convolution import FilterLayer
from fastconv.nn.weighted import undrawn
from fastconv.types import Array, Shape

MOST_LAYERS = 2**14


class Maker:
    """Makes layers of the nodes of one graph.

    **Arguments:**

    - `graph`: the nodes; the data is the one input that `values` lacks.
    - `values`: constants by name.
    - `data`: the name and the shapes of the input that becomes the model's.
    - `batched`, `batch`: as `Making` has them.
    - `dtype`: the type of all numbers.
    - `budget`: what may be made yet.
    """

    def __init__(
        self,
        graph: Graph,
        values: Mapping[str, Constant],
        data: tuple[str, tuple[Shape, Shape]] | None,
        batched: bool,
        batch: int | None,
        dtype: np.dtype[Any],
        budget: Budget,
    ) -> None:
        self.graph, self.batched, self.batch, self.dtype, self.budget = graph, batched, batch, dtype, budget
        self.values: dict[str, Value | None] = dict(values)
        if data is not None:
            self.values[data[0]] = Data(INPUT, data[1])
        self.layers: dict[str, Made] = {}
        self.origins = Origins()
        self.first: dict[Hashable, nn.Layer] = {}

    def run(self) -> Value:
        """What the graph's output is."""
        for node in self.graph.nodes:
            for name, value in zip(node.outputs, self._read(node), strict=False):
                if name:
                    self.values[name] = value
        return self.value(self.graph.output)

    def value(self, name: str) -> Value:
        """What a name stands for; ValueError where no layer gives it."""
        value = self.values.get(name)
        if value is None:
            needs = "the first alone"
            raise GraphError(
                f"load: {name[:60]!r} is an output that no layer gives, needs {needs} of its node"
            )
        return value

    def _read(self, node: Node) -> Sequence[Value | None]:
        inputs = [self.value(name) if name else None for name in node.inputs]
        origin = self.origins.of(node, inputs)
        call = Call(node, self.graph.opset, inputs, self, origin)
        try:
            with np.errstate(all="ignore"), undrawn():
                found = self._found(call)
        except GraphError:
            raise
        except Exception as error:  # what a damaged node breaks may be anything
            raise GraphError(f"load: {node}: {error}") from None
        self.origins.note(node, inputs, origin)
        return found

    def _found(self, call: Call) -> Sequence[Value | None]:
        operation = OPERATIONS[call.node.op]
        constants = [value for value in call.inputs if not isinstance(value, Data)]
        if len(constants) < len(call.inputs):
            if operation.read is None:
                needs = "constants; an operation that the table of layers has would fit"
                raise call.refuse("what depends on the model's input", needs)
            return _each(operation.read(call))
        if operation.fold is None:
            return self._folded_by_layers(call, constants)
        both = [[None if v is None else v[world] for v in constants] for world in (0, 1)]
        first = _arrays(operation.fold(call, *both[0]))
        if all(a is b for a, b in zip(*both, strict=True)):
            return [Constant.of(array) for array in first]
        return [Constant(a, b) for a, b in zip(first, _arrays(operation.fold(call, *both[1])), strict=True)]

    def _folded_by_layers(self, call: Call, constants: Sequence[Constant | None]) -> list[Value | None]:
        """What layers give for a constant, which is one sample for them."""
        worlds = []
        for world in (0, 1):
            inputs = [None if value is None else Constant.of(value[world]) for value in constants]
            worlds.append(self._computed(call, inputs))
            if all(value is None or value.first is value.second for value in constants):
                worlds.append(worlds[0])
                break
        pairs = zip(*worlds, strict=True)
        return [None if a is None or b is None else Constant(a, b) for a, b in pairs]

    def _computed(self, call: Call, inputs: list[Constant | None]) -> list[Array | None]:
        """The arrays of a node's outputs, by the layers that read it on its first input."""
        read = OPERATIONS[call.node.op].read
        if read is None or not inputs or inputs[0] is None or inputs[0].first.dtype.kind != "f":
            raise call.refuse("constants of this type", "floats")
        x = inputs[0].first
        inside = Maker(self.graph, {}, None, False, None, x.dtype, self.budget)
        found = read(Call(call.node, call.opset, [Data(INPUT, (x.shape, x.shape)), *inputs[1:]], inside))
        arrays = {INPUT: x[None]}
        with Choice("reference"):  # in this thread, and nothing is compiled
            for name, made in inside.layers.items():
                given = [arrays[source.name] for source in made.sources]
                self.budget.take(*made.layer.output_shape(*(array.shape[1:] for array in given)))
                several: Any = tuple(given)
                arrays[name] = made.layer(several if made.layer.takes_several else given[0])
        results = _each(found)
        return [arrays[value.name][0] if isinstance(value, Data) else None for value in results]

    def add(self, name: str, layer: nn.Layer, *sources: Data, origin: Origin = ()) -> Data:
        """What a layer gives for these; ValueError where it does not fit them.

        An equal layer that has been made of the same weights in the same way takes its place: they are one.
        """
        if len(self.layers) >= MOST_LAYERS:
            raise ValueError(f"got more than {MOST_LAYERS} layers, needs fewer")
        for array in layer.parameters().values():
            self.budget.take(*array.shape)
        if origin and _varied(layer):
            first = self.first.setdefault((type(layer), repr(layer.config()), origin), layer)
            layer = first if _equal(first, layer) else layer
        data = Data(self._named(name), self._shapes(layer, sources))
        self.layers[data.name] = Made(layer, sources, origin)
        return data

    def made(self, data: Data) -> Made | None:
        """The layer that gives this; None of the input."""
        return self.layers.get(data.name)

    def read_once(self, name: str) -> bool:
        """Whether one node alone reads this name of the file."""
        return self.graph.readers[name] == 1

    def _named(self, name: str) -> str:
        """A name that no layer has yet, a word without dots."""
        plain = "".join(letter if letter.isalnum() else "_" for letter in name[:60]).strip("_") or "node"
        if plain == INPUT or plain in self.layers:
            plain = f"{plain}_{len(self.layers)}"
        while plain in self.layers:
            plain += "_"
        return plain

    def _shapes(self, layer: nn.Layer, sources: Sequence[Data]) -> tuple[Shape, Shape] | None:
        """The shapes of what a layer gives; None where a size of its input is open and does not fit."""
        if any(source.shapes is None for source in sources):
            return None
        worlds = [[source.shapes[world] for source in sources if source.shapes] for world in (0, 1)]
        try:
            return self._shape(layer, worlds[0]), self._shape(layer, worlds[1])
        except ValueError:
            if all(None not in (source.known() or ())[self.batched :] for source in sources):
                raise
        try:  # whatever leads to it gives as many channels, or features, as it takes
            first, second = (_taken(layer, shapes) for shapes in worlds)
            return self._shape(layer, first), self._shape(layer, second)
        except ValueError:
            return None

    def _shape(self, layer: nn.Layer, shapes: Sequence[Shape]) -> Shape:
        batch = shapes[0][: self.batched]
        return (*batch, *layer.output_shape(*(shape[self.batched :] for shape in shapes)))


def _taken(layer: nn.Layer, shapes: Sequence[Shape]) -> list[Shape]:
    """The shapes with the number of channels, or of features, that a layer takes."""
    shape = list(shapes[0])
    if isinstance(layer, nn.Linear):
        shape[-1] = layer.in_features
    elif isinstance(layer, FilterLayer) and len(shape) > 1:
        shape[1] = layer.in_channels
    return [tuple(shape)]


def _varied(layer: nn.Layer) -> bool:
    """Whether there are parameters that are trained, and they or statistics have several values.

    Programs store arrays of one value, such as those of a new batch norm, once for layers that are not one.
    """
    frozen = layer.frozen()
    trained = [array for name, array in layer.parameters().items() if name not in frozen]
    arrays = (*trained, *layer.buffers().values()) if trained else ()
    return any(array.size and np.any(array != array.flat[0]) for array in arrays)


def _equal(layer: nn.Layer, other: nn.Layer) -> bool:
    """Whether two layers of one class and one configuration have the same numbers."""
    mine, theirs = ({**each.parameters(), **each.buffers()} for each in (layer, other))
    return all(np.array_equal(array, theirs[name]) for name, array in mine.items())


def _arrays(folded: Any) -> list[Array]:
    """The arrays of a node's outputs, of which there may be one."""
    return [np.asarray(array) for array in (folded if isinstance(folded, list) else [folded])]


def _each(found: Value | list[Any]) -> Sequence[Value | None]:
    """The outputs of a node, of which there may be one."""
    return found if isinstance(found, list) else [found]
