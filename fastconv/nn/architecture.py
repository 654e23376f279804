"""Networks as JSON can hold them: a layer is its class, by name, and its constructor's arguments.

A layer with arrays that a model uses twice is described where it is first used; its other places say
{"again": number}, counting the layers with arrays in the order in which their descriptions end.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from fastconv.nn.contract import built_in

LAYERS: dict[str, type[Any]] = {}
"""The layers that a description may name: fastconv's, entered where they are defined, and registered ones."""

AGAIN = "again"
Kind = TypeVar("Kind", bound=type[Any])

_described: ContextVar[dict[int, int] | None] = ContextVar("described", default=None)
_built: ContextVar[list[Any] | None] = ContextVar("built", default=None)


class Described(Protocol):
    """What a description needs of a layer."""

    _classes: tuple[Any, ...] | None
    _preparation: dict[str, Any] | None

    def modules(self) -> Iterable[Any]:
        """The layer itself and all layers inside it."""

    def _kept(self) -> list[str]:
        """The names of all that is frozen."""


def recorded(model: Described) -> dict[str, Any]:
    """What a file says of a model: its architecture, what is frozen, its classes, how images are prepared.

    ValueError as for `description`.
    """
    more = {
        "frozen": model._kept(),
        "classes": list(model._classes or ()),
        "preparation": model._preparation,
    }
    return {"model": description(model), **{name: value for name, value in more.items() if value}}


def description(model: Described) -> dict[str, Any]:
    """The architecture as JSON can hold it; ValueError for layers that `build` could not build."""
    kinds = [type(layer) for layer in model.modules()]
    foreign = sorted({kind.__name__ for kind in kinds if LAYERS.get(kind.__name__) is not kind})
    if foreign:
        needs = f"layers of fastconv.nn; fastconv.register({foreign[0]}) would fit"
        raise ValueError(f"save: model: got {', '.join(foreign)}, needs {needs}")
    return described(model)


def described(layer: Any) -> dict[str, Any]:
    """The layer's description, or where in the whole description it stands already."""
    seen = _described.get()
    if seen is None:
        token = _described.set({})
        try:
            return described(layer)
        finally:
            _described.reset(token)
    if id(layer) in seen:
        return {AGAIN: seen[id(layer)]}
    result: dict[str, Any] = layer.describe()
    if _counts(layer):
        seen[id(layer)] = len(seen)
    return result


def build(architecture: Any) -> Any:
    """The layer that was described, freshly initialised; ValueError, TypeError for what describes none."""
    seen = _built.get()
    if seen is None:
        token = _built.set([])
        try:
            return build(architecture)
        finally:
            _built.reset(token)
    if isinstance(architecture, dict) and architecture.keys() == {AGAIN}:
        number = architecture[AGAIN]
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(seen):
            raise ValueError(f"architecture: got layer {repr(number)[:40]} again, needs one before it")
        return seen[number]
    layer = _made(architecture)
    if _counts(layer):
        seen.append(layer)
    return layer


def register(kind: Kind) -> Kind:
    """Lets files name a layer class of your own: models with it are saved and loaded from then on.

    A file holds the class's name, `config()` and the parameters; `load` calls the class with what `config`
    gave. It works as a decorator, too, and returns the class. Register it before loading: a file never names
    code that was not registered. A class of the same name that was registered before is replaced. TypeError
    for what is no layer class, ValueError for the name of one of fastconv's layers.
    """
    if not (isinstance(kind, type) and hasattr(kind, "from_description")):
        raise TypeError(f"register: kind: got {repr(kind)[:40]}, needs a class derived from nn.Layer")
    known = LAYERS.get(kind.__name__)
    if known is not None and known is not kind and built_in(known):
        raise ValueError(
            f"register: kind: got the name {kind.__name__}, which fastconv.nn has, needs another name"
        )
    LAYERS[kind.__name__] = kind
    return kind


def _made(architecture: Any) -> Any:
    """The layer of this class and these arguments."""
    if not isinstance(architecture, dict) or not isinstance(architecture.get("class"), str):
        raise ValueError(f"architecture: got {repr(architecture)[:40]}, needs a layer's class and arguments")
    arguments = dict(architecture)
    kind = arguments.pop("class")
    if kind not in LAYERS:
        known = ", ".join(sorted(LAYERS))
        needs = f"one of {known}; fastconv.register adds a class of your own"
        raise ValueError(f"architecture: got the unknown layer {repr(kind)[:40]}, needs {needs}")
    found = LAYERS[kind]
    if not built_in(found.__init__) and built_in(found.from_description):
        return found(**arguments)  # the constructor makes what is inside
    return found.from_description(arguments)


def _counts(layer: Any) -> bool:
    """Whether it makes a difference that two places are one layer."""
    return bool(layer._state() or layer.generators())
