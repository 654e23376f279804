"""The model of a file that `export` wrote, as the file itself describes it: `fastconv.model` in its metadata.

The entry is JSON:

- `model`, `frozen`: the layers as `model.save` describes them, and what is frozen.
- `constants`: the names of the graph's arrays that are no parameters or buffers of the model.
- `graph`: a digest of the graph, without the numbers of parameters and buffers and the sizes of the input.

The graph says what the model computes; the description says also which layers are one, what they are called
and which numbers are parameters. A graph that another program changed has another digest, and is read as any.
"""

import hashlib
import json
import math
from collections.abc import Collection
from typing import Any

from fastconv import nn
from fastconv.interop.onnx.reading.tensors import MOST_AXES, Tensors, text
from fastconv.interop.onnx.reading.values import Budget
from fastconv.nn.architecture import recorded
from fastconv.nn.files import restored
from fastconv.nn.weighted import undrawn

KEY = "fastconv.model"
"""The key of the entry."""
SAID = "model", "frozen"
"""What the entry has of a model's description; its classes and preparation have entries of their own."""


def entry(model: nn.Layer, proto: Any, constants: Collection[str]) -> dict[str, str]:
    """The entry for the file of this `onnx.ModelProto`, by its key.

    There is none for a model that has no description: with layers of the user's that are not registered.
    """
    try:
        content = recorded(model)
    except ValueError:
        return {}
    said = {name: content[name] for name in SAID if name in content}
    said |= {"constants": sorted(constants), "graph": _digest(proto, constants, Tensors(None))}
    return {KEY: json.dumps(said)}


def described(proto: Any, tensors: Tensors) -> nn.Layer | None:
    """The model that the file describes, with the numbers of its tensors.

    None where it describes none that can be built here, or where its graph is another than that of the entry.
    """
    found = {text(each.key): text(each.value) for each in proto.metadata_props}
    try:
        content = json.loads(found[KEY])
        Budget(proto.ByteSize()).take(_most(content["model"]))
        constants = content["constants"]
        if content["graph"] != _digest(proto, constants, tensors):
            return None
        stored = {text(each.name): each for each in proto.graph.initializer}
        arrays = {name: tensors.array(stored[name]) for name in stored if name not in constants}
        with undrawn():
            return restored("", {name: content.get(name) for name in SAID}, arrays)
    except (KeyError, TypeError, ValueError, RecursionError, OSError):
        return None


def _most(said: Any) -> int:
    """What the sizes in a description, those of each list multiplied, add up to: at least what is filled.

    Weights of two sizes and more are only reserved, and then compared with the file's. ValueError for more
    sizes than an array has.
    """
    if isinstance(said, dict):
        return sum(map(_most, said.values()))
    if isinstance(said, list) and not all(isinstance(size, int) for size in said):
        return sum(map(_most, said))
    sizes = said if isinstance(said, list) else [said]
    if len(sizes) > MOST_AXES:
        raise ValueError(f"got {len(sizes)} sizes, needs at most {MOST_AXES}")
    return abs(math.prod(sizes)) if all(isinstance(size, int) for size in sizes) else 0


def _digest(proto: Any, constants: Collection[str], tensors: Tensors) -> str:
    """What becomes another where the operators, the nodes, a constant or the form of an array changes."""
    digest = hashlib.sha256()
    for part in (*proto.opset_import, *proto.graph.node):
        digest.update(part.SerializeToString(deterministic=True))
    for each in sorted(proto.graph.initializer, key=lambda each: text(each.name)):
        digest.update(repr((text(each.name), each.data_type, tuple(each.dims))).encode())
        if text(each.name) in constants:
            digest.update(tensors.array(each).tobytes())
    return digest.hexdigest()
