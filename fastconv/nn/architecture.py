"""Networks as JSON can hold them: a layer is its class, by name, and its constructor's arguments."""

from collections.abc import Iterable
from typing import Any, Protocol

LAYERS: dict[str, type[Any]] = {}
"""The layers that a description may name: those of fastconv, each entered where it is defined."""


class Described(Protocol):
    """What a description needs of a layer."""

    def modules(self) -> Iterable[Any]:
        """The layer itself and all layers inside it."""

    def describe(self) -> dict[str, Any]:
        """Class and arguments."""


def description(model: Described) -> dict[str, Any]:
    """The architecture as JSON can hold it; ValueError for layers that `build` could not build."""
    kinds = [type(layer) for layer in model.modules()]
    foreign = sorted({kind.__name__ for kind in kinds if LAYERS.get(kind.__name__) is not kind})
    if foreign:
        raise ValueError(
            f"save: model: got {', '.join(foreign)}, needs layers of fastconv.nn: load knows no others"
        )
    return model.describe()


def build(architecture: Any) -> Any:
    """The layer that `layer.describe()` described, freshly initialised; ValueError, TypeError for others."""
    if not isinstance(architecture, dict) or not isinstance(architecture.get("class"), str):
        raise ValueError(f"architecture: got {repr(architecture)[:40]}, needs a layer's class and arguments")
    arguments = dict(architecture)
    kind = arguments.pop("class")
    if kind not in LAYERS:
        known = ", ".join(sorted(LAYERS))
        raise ValueError(f"architecture: got the unknown layer {repr(kind)[:40]}, needs one of {known}")
    return LAYERS[kind].from_description(arguments)
