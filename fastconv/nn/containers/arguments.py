"""Checks of what containers are made of."""

from collections.abc import Iterable
from typing import Any

from fastconv import validate
from fastconv.nn.base import INPUT, Layer


def layers_of(kind: str, argument: str, values: Iterable[Any]) -> tuple[Layer, ...]:
    """These values, if each is a layer; TypeError for the first that is none."""
    return tuple(layer_of(kind, f"{argument} {index}", value) for index, value in enumerate(values))


def layer_of(kind: str, argument: str, value: Any) -> Layer:
    """This value, if it is a layer; TypeError for anything else."""
    if not isinstance(value, Layer):
        got = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
        needs = "a layer, as in Sequential(nn.Flatten(), nn.Linear(64, 10))"
        raise validate.wrong_type(kind, argument, got, needs)
    return value


def layer_or_none(kind: str, argument: str, value: Any) -> Layer | None:
    """This value, if it is a layer or None; TypeError for anything else."""
    return None if value is None else layer_of(kind, argument, value)


def name_of(kind: str, value: Any) -> str:
    """The name of a layer inside: a word without a dot, which stands between names, and not the input's."""
    if not isinstance(value, str):
        raise validate.wrong_type(kind, "name", repr(value), "a word")
    if not value or "." in value:
        raise validate.wrong_value(kind, "name", repr(value), "a word without a dot")
    if value == INPUT:
        raise validate.wrong_value(kind, "name", repr(value), "another name: that is the model's input")
    return value
