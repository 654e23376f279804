"""ONNX in: models of fastconv's layers, made of what a file says."""

import logging
from pathlib import Path

from fastconv import nn
from fastconv.interop.onnx.described import described
from fastconv.interop.onnx.inputs import shape_in
from fastconv.interop.onnx.metadata import restore
from fastconv.interop.onnx.reading.files import opened
from fastconv.interop.onnx.reading.graphs import outputs_of
from fastconv.interop.onnx.reading.model import File, batched
from fastconv.interop.onnx.reading.tensors import Tensors, text
from fastconv.interop.onnx.reading.values import GraphError
from fastconv.types import Shape

_logger = logging.getLogger("fastconv")


def load(path: str | Path) -> nn.Layer:
    """The model in an ONNX file, of opset 7 or newer, made of the layers of `fastconv.nn`.

    It is a `Sequential` where the graph is a chain, with `Residual` and `Concat` where ways part and meet
    again, else a `Graph`. It can be trained, saved, explained and exported like any other. The first axis of
    its input is the batch, of any size whatever the file says. Constants are folded, zeros of a Pad become
    the padding of what follows, MatMul and Add a `Linear`; batch norm keeps its statistics. Single numbers
    by which a graph multiplies, or which it adds, stay as they are in training. Nodes that read the same
    weights in the same way become one layer at several places; where they differ otherwise, or the weights
    are all one number, each has a copy. Weights of half precision become float32, which the logger "fastconv"
    says once.

    A file that `export` wrote gives the model that was exported: its layers and their names, what is frozen,
    its classes and preparation. If another program has changed the graph since, it is read as any.

    Nothing in the file is executed, and sizes are checked before memory is taken. Data beside the file has to
    lie in its folder. OSError where the file cannot be read; ValueError, which names the node, the reason and
    what would fit, for a graph that is damaged or has no counterpart; ImportError without the package onnx
    (pip install 'fastconv[onnx]').
    """
    return load_with_shape(path)[0]


def load_with_shape(path: str | Path) -> tuple[nn.Layer, Shape | None]:
    """What `load` gives and what `input_shape` does, of a file that is read once."""
    model, size = opened(path)
    outputs = outputs_of(model)
    if len(outputs) != 1:
        names = ", ".join(repr(name[:60]) for name in outputs[:4])
        got = f"{len(outputs)} outputs, {names}"
        raise GraphError(f"load: got {got}, needs one; onnx.utils.extract_model would fit")
    tensors = Tensors(Path(path).parent)
    made = described(model, tensors)
    if made is None:
        made = batched(File(model, tensors, size), outputs[0])
    try:
        restore(made, {text(entry.key): text(entry.value) for entry in model.metadata_props})
    except ValueError as error:
        raise GraphError(f"load: {path}: {error}") from None
    if tensors.halves:
        kinds = " and ".join(sorted(tensors.halves))
        _logger.warning("%s: weights of %s are converted to float32", path, kinds)
    return made, shape_in(model)
