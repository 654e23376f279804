"""What the scripts of the page have to know of a layer or a loss to compute it themselves."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastconv import nn
from fastconv.explanation.notation import d
from fastconv.explanation.walk import Walk, Way
from fastconv.explanation.windows import Filters, before
from fastconv.types import Shape

Node = dict[str, Any]


def _windows(layer: Filters, shape: Shape) -> Node:
    """Where the windows of an image lie."""
    edges = [before(layer, axis, size) for axis, size in enumerate(shape[2:])]
    dilation = getattr(layer, "dilation", (1, 1))
    return {"kernel": layer.kernel_size, "stride": layer.stride, "dilation": dilation, "before": edges}


def _conv2d(layer: nn.Conv2d, shape: Shape) -> Node:
    return {"kind": "Conv2d", "groups": layer.groups, **_windows(layer, shape)}


def _max_pool2d(layer: nn.MaxPool2d, shape: Shape) -> Node:
    return {"kind": "MaxPool2d", **_windows(layer, shape)}


def _avg_pool2d(layer: nn.AvgPool2d, shape: Shape) -> Node | None:
    """None where the windows at the edges have divisors of their own."""
    padded = isinstance(layer.padding, str) or any(map(any, layer.padding))
    if padded or layer.ceil_mode or layer.divisor_override is not None:
        return None
    return {"kind": "AvgPool2d", **_windows(layer, shape)}


def _kind(name: str) -> Callable[[Any, Shape], Node]:
    return lambda layer, shape: {"kind": name}


LAYERS: dict[type[nn.Layer], Callable[[Any, Shape], Node | None]] = {
    nn.Conv2d: _conv2d,
    nn.MaxPool2d: _max_pool2d,
    nn.AvgPool2d: _avg_pool2d,
    nn.Linear: _kind("Linear"),
    nn.ReLU: _kind("ReLU"),
    nn.Sigmoid: _kind("Sigmoid"),
    nn.Tanh: _kind("Tanh"),
    nn.Add: _kind("Add"),
    **dict.fromkeys((nn.Flatten, nn.Unflatten, nn.Identity, nn.Dropout, nn.Dropout2d), _kind("Copy")),
}
"""The layers that the page computes. A class of a user's own that derives from one is not known."""


LARGEST = 2**24
"""The page computes passes of at most so many multiplications."""
LOSSES = nn.BCELoss, nn.BCEWithLogitsLoss, nn.CrossEntropyLoss, nn.MSELoss
"""The losses that it computes, with their usual settings; of classes, with a class for each example."""


def node(walk: Walk, index: int) -> Node:
    """A place: its kind and settings, if they are known, and the symbols of what it reads and gives."""
    place, notation = walk.places[index], walk.notations[index]
    describe = LAYERS.get(type(place.layer))
    known = describe(place.layer, walk.values[place.sources[0]].shape) if describe else None
    gradients: dict[str, str] = {}
    for key in notation.gradients:
        if isinstance(key, str):
            ways = walk.uses.get((place.first, key), [])
            gradients[key] = _part(notation.parameters[key], ways, (index, 0))
        else:
            source = place.sources[key]
            gradients[str(key)] = _part(walk.names[source], walk.ways.get(source, []), (index, key))
    return {
        **(known or {"kind": ""}),
        "inputs": [walk.names[source] for source in place.sources],
        "output": notation.output,
        "parameters": dict(notation.parameters),
        "gradients": gradients,
    }


def _part(symbol: str, ways: Sequence[Way], own: tuple[int, int]) -> str:
    """The symbol of a gradient, or of the part of it that comes through a place."""
    number = next((k for k, way in enumerate(ways, 1) if way[:2] == own), 1)
    return f"{d(symbol)} (way {number})" if len(ways) > 1 else d(symbol)


def loss_node(walk: Walk) -> Node:
    """The loss: its kind, if it is known, and the symbols of what it reads and gives."""
    loss, notation = walk.loss, walk.loss_notation
    known = type(loss) in LOSSES and loss.config() == type(loss)(reduction=loss.reduction).config()
    if isinstance(loss, nn.CrossEntropyLoss):
        labels = np.issubdtype(walk.y.dtype, np.integer) and walk.values[-1].ndim == 2
        known = known and labels and not (walk.y == loss.ignore_index).any()
    return {
        "kind": type(loss).__name__ if known else "",
        "mean": loss.reduction == "mean",
        "inputs": [walk.names[-1], notation.target],
        "inner": notation.inner[0].line.symbol if notation.inner else "",
        "output": notation.line.symbol,
    }


def is_computed(walk: Walk) -> bool:
    """Whether the page computes a pass: a chain of known layers, none twice, and a loss; not too large."""
    x = walk.values[0]
    nodes = [node(walk, index) for index in range(len(walk.places))]
    chain = all(p.sources == (k,) and p.first == k for k, p in enumerate(walk.places))
    known = all(found["kind"] for found in [*nodes, loss_node(walk)])
    return chain and known and walk.model.multiply_adds(x.shape[1:]) * len(x) <= LARGEST
