"""The graph of an ONNX file as plain Python: what its output needs, each node after those that it reads."""

from collections import Counter
from collections.abc import Container, Iterable
from typing import Any, NamedTuple

from fastconv.interop.onnx.reading.tensors import MOST_AXES, TYPES, Tensors, text
from fastconv.interop.onnx.reading.values import GraphError
from fastconv.validate import listed

OLDEST = 6
"""The first opset that is read; from it on, most operations have the form that they have today."""
ONNX = "", "ai.onnx"
"""The names of ONNX's own domain of operations."""
SHOWN = 60
"""Characters of a name in an error."""
READERS = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints", 8: "strings"}
"""By the number of an attribute's type, the field that holds it."""
NEAREST = {
    "If": "a graph inside a graph; exporting the way that is taken would fit",
    "Loop": "a graph inside a graph; the loop unrolled would fit",
    "Scan": "a graph inside a graph; the loop unrolled would fit",
    "LSTM": "which is recurrent; convolutions over the sequence would fit",
    "GRU": "which is recurrent; convolutions over the sequence would fit",
    "RNN": "which is recurrent; convolutions over the sequence would fit",
    "QLinearConv": "which computes in integers; the model before quantisation would fit",
    "ConvInteger": "which computes in integers; the model before quantisation would fit",
    "QuantizeLinear": "which computes in integers; the model before quantisation would fit",
    "DequantizeLinear": "which computes in integers; the model before quantisation would fit",
}
"""What would fit in place of an operation that is not read."""


class Node(NamedTuple):
    """An operation: its type, its name, the names that it reads and gives, its attributes."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]

    def __str__(self) -> str:
        return f"node {self.name[:SHOWN]!r} ({self.op[:SHOWN]})"


class Input(NamedTuple):
    """An input: its sizes, None for those that are open, or None for a shape that is not stated; its type."""

    shape: tuple[int | None, ...] | None
    kind: str


class Graph(NamedTuple):
    """What an output needs."""

    nodes: list[Node]
    tensors: dict[str, Any]
    """The tensors of the file that are read, as they are there."""
    inputs: dict[str, Input]
    """The inputs that are read and have no tensor."""
    output: str
    opset: int
    readers: Counter[str]
    """How often a name is read; the output once more."""


def outputs_of(model: Any) -> list[str]:
    """The names of the outputs."""
    return [text(value.name) for value in model.graph.output]


def graph_of(model: Any, output: str, tensors: Tensors, known: Container[str]) -> Graph:
    """What `output` needs; `known` are the operations that there are.

    ValueError for other operations, for names that nothing gives, and for nodes that read later ones.
    """
    stored = {text(tensor.name): tensor for tensor in model.graph.initializer}
    inputs = {text(value.name): value for value in model.graph.input if text(value.name) not in stored}
    protos, names = _needed(model, output, {*stored, *inputs})
    if unknown := Counter(_label(proto) for proto in protos if _label(proto) not in known):
        raise GraphError(_unsupported(protos, unknown))
    nodes = [_node(proto, tensors) for proto in protos]
    return Graph(
        nodes,
        {name: stored[name] for name in stored if name in names},
        {name: _input(name, inputs[name]) for name in inputs if name in names},
        output,
        _opset(model),
        Counter([name for node in nodes for name in node.inputs] + [output]),
    )


def _needed(model: Any, output: str, given: set[str]) -> tuple[list[Any], set[str]]:
    """The nodes that `output` needs, in their order, and all names that they read."""
    needed, protos = {output}, []
    for proto in reversed(model.graph.node):
        if not needed.isdisjoint(_texts(proto.output)):
            protos.append(proto)
            needed.update(filter(None, _texts(proto.input)))
    protos.reverse()
    known = set(given)
    for proto in protos:
        for name in filter(None, _texts(proto.input)):
            if name not in known:
                reads = f"{name[:SHOWN]!r}, which no node before it gives"
                fits = "a graph in order without circles would fit"
                raise GraphError(f"load: {_title(proto)}: reads {reads}; {fits}")
        for name in filter(None, _texts(proto.output)):
            if name in known:
                got = f"gives {name[:SHOWN]!r} a second time"
                raise GraphError(f"load: {_title(proto)}: {got}, needs another name")
            known.add(name)
    if output not in known:
        raise GraphError(f"load: the output {output[:SHOWN]!r} is given by no node")
    return protos, needed


def _label(proto: Any) -> str:
    """The name of an operation, with its domain if it is not ONNX's own."""
    domain, kind = text(proto.domain), text(proto.op_type)
    return kind if domain in ONNX else f"{domain}.{kind}"


def _texts(names: Iterable[str | bytes]) -> list[str]:
    return [text(name) for name in names]


def _title(proto: Any) -> str:
    return f"node {_named(proto)[:SHOWN]!r} ({_label(proto)[:SHOWN]})"


def _named(proto: Any) -> str:
    """A node's name, or that of what it gives."""
    return text(proto.name) or next(filter(None, _texts(proto.output)), "")


def _unsupported(protos: list[Any], unknown: Counter[str]) -> str:
    """The error for operations that there are not, all of them, each with its first node."""
    first = {_label(proto): _title(proto) for proto in reversed(protos)}
    kinds = [f"{first[label]}, {NEAREST.get(label, 'which no layer computes')}" for label in sorted(unknown)]
    return f"load: got {len(unknown)} unknown operations: {listed(kinds)}"


def _node(proto: Any, tensors: Tensors) -> Node:
    """A node as plain Python; ValueError for attributes that are graphs or of no plain type."""
    attributes: dict[str, Any] = {}
    for entry in proto.attribute:
        if entry.type not in READERS or entry.ref_attr_name:
            kind = f"attribute {text(entry.name)[:SHOWN]!r} of type {entry.type}"
            raise GraphError(f"load: {_title(proto)}: got {kind}, needs numbers, texts or tensors")
        field = READERS[entry.type]
        value = getattr(entry, field)
        if field == "t":
            value = tensors.array(value)
        elif field in ("s", "strings"):
            texts = _texts([value] if field == "s" else value)
            value = texts[0] if field == "s" else texts
        elif field in ("floats", "ints"):
            value = list(value)
        attributes[text(entry.name)] = value
    inputs, outputs = (tuple(_texts(names)) for names in (proto.input, proto.output))
    return Node(_label(proto), _named(proto), inputs, outputs, attributes)


def _input(name: str, value: Any) -> Input:
    """What a file states of an input."""
    kind = value.type.tensor_type
    if kind.elem_type not in TYPES:
        raise GraphError(f"load: input {name[:SHOWN]!r}: got no tensor of numbers, needs one of floats")
    shape = None
    if kind.HasField("shape"):
        shape = tuple(dim.dim_value if dim.dim_value > 0 else None for dim in kind.shape.dim)
        if len(shape) > MOST_AXES:
            got = f"{len(shape)} axes"
            raise GraphError(f"load: input {name[:SHOWN]!r}: got {got}, needs at most {MOST_AXES}")
    return Input(shape, TYPES[kind.elem_type][0])


def _opset(model: Any) -> int:
    """The version of ONNX's operations; ValueError for one before the first that is read."""
    opset = max((entry.version for entry in model.opset_import if entry.domain in ONNX), default=0)
    if opset < OLDEST:
        fits = "onnx.version_converter.convert_version(model, 13) would fit"
        raise GraphError(f"load: got opset {opset}, needs at least {OLDEST}; {fits}")
    return opset
