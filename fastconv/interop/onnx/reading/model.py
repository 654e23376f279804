"""A model, or an array, of one output of an ONNX file."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from fastconv import nn
from fastconv.interop.onnx.reading.graphs import Graph, graph_of
from fastconv.interop.onnx.reading.maker import Maker
from fastconv.interop.onnx.reading.structure import model_of
from fastconv.interop.onnx.reading.table import OPERATIONS
from fastconv.interop.onnx.reading.tensors import FLOATS, Tensors
from fastconv.interop.onnx.reading.values import BATCHES, STEP, Budget, Constant, Data, GraphError
from fastconv.nn.base import INPUT
from fastconv.types import Array, Shape


class File(NamedTuple):
    """A parsed model, what makes its arrays, and how many bytes it has."""

    model: Any
    tensors: Tensors
    size: int

    def graph(self, output: str) -> Graph:
        """What an output needs."""
        return graph_of(self.model, output, self.tensors, OPERATIONS)


def batched(file: File, output: str) -> nn.Layer:
    """The model of an output that depends on one input, the batch being its first axis."""
    graph = file.graph(output)
    if len(graph.inputs) != 1:
        names = ", ".join(repr(name[:60]) for name in graph.inputs) or "none"
        raise GraphError(f"load: got the inputs {names}, needs one; onnx.utils.extract_model would fit")
    ((name, given),) = graph.inputs.items()
    if given.kind not in FLOATS:
        raise GraphError(f"load: input {name[:60]!r}: got {given.kind}, needs floats")
    if not given.shape:
        fits = "onnx.tools.update_model_dims would fit"
        raise GraphError(f"load: input {name[:60]!r}: got no shape, needs one with a batch axis; {fits}")
    shapes = _tried(given.shape, 0), _tried(given.shape, 1)
    dtype = np.dtype(np.float64 if given.kind == "float64" else np.float32)
    maker = _maker(file, graph, {}, (name, shapes), (True, given.shape[0]), dtype)
    value = maker.run()
    if isinstance(value, Constant):
        raise GraphError(f"load: output {output[:60]!r}: got a constant, needs what depends on the input")
    return model_of(maker.layers, value.name)


def _tried(shape: tuple[int | None, ...], world: int) -> Shape:
    """A shape with sizes in place of open ones."""
    sizes = (size or (axis + 1 + world) * STEP for axis, size in enumerate(shape))
    return (BATCHES[world], *list(sizes)[1:])


def computed(file: File, output: str, inputs: Mapping[str, Array]) -> Array:
    """An output for these inputs.

    Floats run through a model as its data: all of them, as one sample, if that is possible; else the first
    for which it is, as a batch or as one sample, and then the others are constants. ValueError where there
    is no such model.
    """
    graph = file.graph(output)
    floats = [name for name in graph.inputs if inputs[name].dtype in ("float32", "float64")]
    ways: list[tuple[list[str], bool]] = [(floats, False)] if len(floats) > 1 else []
    ways += [([name], as_batch) for name in floats for as_batch in (True, False)]
    refused: list[GraphError] = []
    for data, as_batch in ways or [([], False)]:
        try:
            return _run(file, graph, inputs, data, as_batch)
        except GraphError as error:
            refused.append(error)
    raise refused[len(floats) > 1]


def _run(file: File, graph: Graph, inputs: Mapping[str, Array], data: list[str], as_batch: bool) -> Array:
    """The output of a graph for inputs of which these are data."""
    constants = {name: Constant.of(array) for name, array in inputs.items() if name not in data}
    given = [inputs[name] for name in data]
    dtype = given[0].dtype if given else np.dtype(np.float32)
    x = given[0] if len(data) == 1 else np.concatenate([np.zeros(0, dtype), *map(np.ravel, given)])
    maker = _maker(file, graph, constants, None, (as_batch, None), dtype)
    if len(data) == 1:
        if as_batch and not x.ndim:
            raise GraphError("load: got one number, needs a batch")
        maker.values[data[0]] = Data(INPUT, (x.shape, x.shape))
    start = 0
    for name in data if len(data) > 1 else ():
        shape = inputs[name].shape
        part = maker.add(name, nn.Slice(1, start, start + inputs[name].size), Data(INPUT, (x.shape, x.shape)))
        maker.values[name] = maker.add(name, nn.Reshape(shape), part)
        start += inputs[name].size
    value = maker.run()
    if isinstance(value, Constant):
        return value.first
    model = model_of(maker.layers, value.name)
    return model(x) if as_batch else model(x[None])[0]


def _maker(
    file: File,
    graph: Graph,
    constants: Mapping[str, Constant],
    data: tuple[str, tuple[Shape, Shape]] | None,
    batch: tuple[bool, int | None],
    dtype: np.dtype[Any],
) -> Maker:
    """What makes the layers, with the tensors of the file and these constants."""
    values = dict(constants)
    for name, tensor in graph.tensors.items():
        try:
            values[name] = Constant.of(file.tensors.array(tensor))
        except ValueError as error:
            raise GraphError(f"load: tensor {name[:60]!r}: {error}") from None
    return Maker(graph, values, data, *batch, dtype, Budget(file.size))
