"""What stands where in the drawing: the values by their layers, each with its gradients below it."""

from collections.abc import Sequence
from typing import NamedTuple

from fastconv.explanation.notation import d
from fastconv.explanation.steps import Step
from fastconv.explanation.walk import Walk


class Value(NamedTuple):
    """A value or a parameter, and the gradients of L with respect to it: their parts, then their sum."""

    step: Step
    gradients: tuple[Step, ...]


class Group(NamedTuple):
    """The input, a layer or the loss: what it is called, its formula, and its values from left to right."""

    kind: str
    formula: str
    values: tuple[Value, ...]


def groups(steps: Sequence[Step], walk: Walk) -> list[Group]:
    """The groups in the order of the forward pass."""
    forward = [_value(step, steps) for step in steps if step.part == "forward"]
    found = [Group("Input", "", tuple(forward[:1]))]
    start = 1
    for place, notation in zip(walk.places, walk.notations, strict=True):
        symbols = [value.step.symbol for value in forward]
        end = symbols.index(notation.output, start) + 1
        own = tuple(forward[start:end])
        found.append(Group(type(place.layer).__name__, own[-1].step.formula, own))
        start = end
    rest = tuple(forward[start:])
    return [*found, Group(type(walk.loss).__name__, rest[-1].step.formula, rest)]


def _value(step: Step, steps: Sequence[Step]) -> Value:
    whole, part = d(step.symbol), f"{d(step.symbol)} (way "
    found = (s for s in steps if s.part == "backward" and (s.symbol == whole or s.symbol.startswith(part)))
    return Value(step, tuple(found))
