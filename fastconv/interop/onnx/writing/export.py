"""Models into ONNX files."""

from pathlib import Path
from typing import Any

import numpy as np

from fastconv import nn, validate
from fastconv.files import checked_path, replaced
from fastconv.interop.onnx.described import entry
from fastconv.interop.onnx.metadata import entries
from fastconv.interop.onnx.reading.files import imported
from fastconv.interop.onnx.writing import proto
from fastconv.interop.onnx.writing.graph import OUTPUT, Graph, Place
from fastconv.interop.onnx.writing.table import writer
from fastconv.nn.base import INPUT, Node
from fastconv.nn.places import locate, shape_at
from fastconv.types import Shape

OPSET, OLDEST = 20, 13
LARGEST = 2**31 - 2**24
"""Bytes of arrays in a file: its format ends at 2 GB, the graph included."""


def export(model: nn.Layer, path: str | Path, input_shape: Shape, opset: int = OPSET) -> None:
    """Writes what a model computes in prediction to an ONNX file.

    A file at `path` is replaced whole or not at all. `input_shape` is that of a sample, (C, H, W); the size
    of the batch, "N", stays open. The input is called "input", the output "output", nodes and arrays as in
    the model: `3.body.0`, `3.body.0.weight`. The file holds the arrays in the model's type (float32 where it
    has none), its classes and its preparation; and, unless there are layers of your own that are not
    registered, what `model.save` says of its layers, so that `load` gives the same model. `opset` is the
    version of the operators, from 13 to the newest that the package onnx knows.

    ImportError without that package (pip install 'fastconv[onnx]'). TypeError, ValueError for arguments that
    do not fit, for layers of your own and others that ONNX cannot say, and for arrays of 2 GB and more.
    """
    validate.instance("export", "model", model, nn.Layer)
    path = checked_path("export", path, "an ONNX file")
    shape = validate.size("export", "input_shape", input_shape)
    if 0 in shape:
        raise validate.wrong_value("export", "input_shape", shape, "sizes of at least 1")
    onnx = imported()
    opset = validate.integer("export", "opset", opset, OLDEST, onnx.defs.onnx_opset_version())
    graph = _graph(model, shape, opset)
    size = sum(array.nbytes for array in graph.arrays.values())
    if size > LARGEST:
        got = f"arrays of {size / 2**30:.1f} GB"
        raise validate.wrong_value("export", "model", got, "less than 2 GB, which an ONNX file holds")
    made = proto.model(onnx, graph)
    constants = graph.arrays.keys() - graph.named.values()
    onnx.helper.set_model_props(made, {**entries(model), **entry(model, made, constants)})
    with replaced(path) as file:
        file.write(made.SerializeToString())


def _graph(model: nn.Layer, input_shape: Shape, opset: int) -> Graph:
    """The nodes of all layers. An array of a layer that is there twice has the name of its first place."""
    nodes = model.nodes() or [Node("", nn.Identity(), (INPUT,))]
    named = {id(array): name for name, array in {**model.parameters(), **model.buffers()}.items()}
    types = list[np.dtype[Any]]()
    for node in nodes:
        for name, array in {**node.layer.parameters(), **node.layer.buffers()}.items():
            named.setdefault(id(array), f"{node.name}.{name}" if node.name else name)
            types += [array.dtype] if array.dtype.kind == "f" else []
    taken = {INPUT, OUTPUT, *named.values(), *(node.name for node in nodes)}
    graph = Graph(opset, types[0] if types else np.dtype(np.float32), named, taken)
    graph.shapes[INPUT] = input_shape
    values = {INPUT: INPUT}
    for node in nodes:
        inputs = [values[source] for source in node.inputs]
        values[node.name] = _write(graph, node, inputs, node is nodes[-1])
    return graph


def _write(graph: Graph, node: Node, inputs: list[str], last: bool) -> str:
    """Adds the nodes of a layer; the one that gives its output, and that output, have the layer's name."""
    name = node.name or type(node.layer).__name__
    output = OUTPUT if last else graph.fresh(name) if name == OUTPUT else name
    shapes = [graph.shapes[each] for each in inputs]
    graph.shapes[output] = shape_at(node.name, node.layer, *shapes)
    at = Place(graph, name, shapes)
    try:
        if 0 in graph.shapes[output]:
            raise ValueError(f"got outputs of shape {graph.shapes[output]}, needs some with elements")
        if writer(node.layer)(at, node.layer, *inputs) in inputs:
            at.node("Identity", inputs[0])
    except ValueError as error:
        locate(error, name, node.layer)
        raise
    end = graph.nodes[-1]
    end.name, end.output = name, output
    return output
