"""config.json as layers with what each reads, the same for both kinds of models."""

from collections.abc import Iterator
from typing import Any, NamedTuple

TENSOR = "__keras_tensor__"
"""The class of what stands for an array in the arguments of a call."""

MODELS = {
    ("keras", "Sequential"),
    ("keras", "Functional"),
    ("keras.src.models.sequential", "Sequential"),
    ("keras.src.models.functional", "Functional"),
}
MOST_LAYERS = 10_000
"""Layers of one model, nested ones included."""


class Tensor(NamedTuple):
    """The output of a layer, by the number of the call that gave it."""

    layer: str
    call: int


class Call(NamedTuple):
    """What one call of a layer is given: outputs and constants; and whether it is told to train."""

    inputs: tuple[Any, ...]
    training: bool = False


class Entry(NamedTuple):
    """A layer, or a model, as config.json has it, and its calls."""

    name: str
    module: str
    kind: str
    values: dict[str, Any]
    calls: tuple[Call, ...] = ()

    @property
    def is_input(self) -> bool:
        """Whether it is what a model is given."""
        return (self.module, self.kind) == ("keras.layers", "InputLayer")

    @property
    def is_model(self) -> bool:
        """Whether there are layers inside."""
        return (self.module, self.kind) in MODELS


def entry(description: Any) -> Entry:
    """The layer that this describes; ValueError for what describes none."""
    if not isinstance(description, dict):
        raise ValueError(f"got {repr(description)[:40]}, needs a layer's class and config")
    values, kind, module = (description.get(key) for key in ("config", "class_name", "module"))
    if not isinstance(values, dict) or not isinstance(kind, str):
        raise ValueError(f"got {repr(description)[:40]}, needs a layer's class and config")
    name, registered = values.get("name"), description.get("registered_name")
    own = module is None or registered not in (None, kind)
    if name is None and own:
        raise ValueError(f"got a {kind[:40]}, a class of its own, needs a Sequential or functional model")
    if not isinstance(name, str):
        raise ValueError(f"got the name {repr(name)[:40]} of a layer, needs a word")
    return Entry(name, "a class of its own" if own else str(module), kind, values)


def inside(model: Entry) -> tuple[list[Entry], Tensor]:
    """The layers of a model, the first of which is its input, and its output; ValueError for what is none."""
    descriptions = model.values.get("layers")
    if not isinstance(descriptions, list):
        raise ValueError("got a model without a list of layers")
    layers = [entry(description) for description in descriptions]
    if len({layer.name for layer in layers}) < len(layers):
        raise ValueError("got two layers of one name")
    inputs = sum(layer.is_input for layer in layers)
    if inputs > 1:
        raise ValueError(f"got a model with {inputs} inputs, needs one")
    if model.kind == "Sequential":
        return _chained(layers)
    _one(model.values.get("input_layers"), "input")
    calls = [_calls(description.get("inbound_nodes")) for description in descriptions]
    layers = [layer._replace(calls=given) for layer, given in zip(layers, calls, strict=True)]
    output = _one(model.values.get("output_layers"), "output")
    models = {layer.name for layer in layers if layer.is_model and layer.kind == "Functional"}
    # Keras counts the outputs of a functional model inside from 1, but only here.
    return layers, output._replace(call=output.call - 1) if output.layer in models else output


def everything(model: Entry) -> Iterator[Entry]:
    """All layers of a model and of those inside it, in their order; ValueError where they are too many."""
    left = [model]
    number = 0
    while left:
        one = left.pop()
        yield one
        descriptions = one.values.get("layers") if one.is_model else None
        layers = descriptions if isinstance(descriptions, list) else []
        number += len(layers)
        if number > MOST_LAYERS:
            raise ValueError(f"got more than {MOST_LAYERS} layers")
        left += [entry(description) for description in reversed(layers)]


def _chained(layers: list[Entry]) -> tuple[list[Entry], Tensor]:
    """Each layer is called once, with what the one before it gives."""
    if not layers or not layers[0].is_input:
        raise ValueError("got a Sequential that does not know its input, needs one that was built or trained")
    chain = [layers[0]]
    for layer in layers[1:]:
        chain.append(layer._replace(calls=(Call((Tensor(chain[-1].name, 0),)),)))
    return chain, Tensor(chain[-1].name, 0)


def _calls(nodes: Any) -> tuple[Call, ...]:
    """The calls of a layer of a functional model."""
    if not isinstance(nodes, list):
        raise ValueError("got a layer without inbound_nodes")
    return tuple(map(_call, nodes))


def _call(node: Any) -> Call:
    arguments = node.get("args") if isinstance(node, dict) else None
    options = node.get("kwargs") if isinstance(node, dict) else None
    if not isinstance(arguments, list) or not isinstance(options, dict):
        raise ValueError(f"got a call {repr(node)[:40]}, needs its args and kwargs")
    for name, value in options.items():
        if value is not None and name != "training":
            raise ValueError(f"got a call with {name[:40]}={repr(value)[:40]}, needs one without")
    listed = len(arguments) == 1 and isinstance(arguments[0], list)
    given = arguments[0] if listed else arguments
    return Call(tuple(map(_argument, given)), options.get("training") is True)


def _argument(value: Any) -> Any:
    """An output of a layer, or the constant that this is."""
    if not isinstance(value, dict) or value.get("class_name") != TENSOR:
        return value
    inside = value.get("config")
    return _tensor(inside.get("keras_history") if isinstance(inside, dict) else None)


def _tensor(history: Any) -> Tensor:
    """A layer's name, the number of its call, and that of its output, of which there is one."""
    if not isinstance(history, list) or [type(item) for item in history] != [str, int, int] or history[2]:
        raise ValueError(f"got {repr(history)[:40]}, needs a layer's name, its call and 0, its one output")
    return Tensor(history[0], history[1])


def _one(tensors: Any, which: str) -> Tensor:
    """The one input or output of a model."""
    several = list(tensors.values()) if isinstance(tensors, dict) else tensors
    if isinstance(several, list) and len(several) == 1:
        (several,) = several
    if isinstance(several, list) and several and all(isinstance(item, list) for item in several):
        raise ValueError(f"got a model with {len(several)} {which}s, needs one")
    return _tensor(several)
