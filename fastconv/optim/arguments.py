"""Checks of optimizers' settings, each in the form of `fastconv.attributes.Checks`."""

import math
from collections.abc import Callable, Iterable

from fastconv import validate


def size(kind: str, name: str, value: float) -> float:
    """A finite number of at least 0."""
    size = validate.number(kind, name, value, 0, math.inf)
    if size == math.inf:
        raise validate.wrong_value(kind, name, value, "a finite number of at least 0")
    return size


def number(kind: str, name: str, value: float) -> float:
    """Any number but NaN."""
    return validate.number(kind, name, value, -math.inf, math.inf)


def share(kind: str, name: str, value: float) -> float:
    """A number from 0 to 1."""
    return validate.number(kind, name, value, 0, 1)


def count(kind: str, name: str, value: int) -> int:
    """A whole number of at least 0."""
    return validate.integer(kind, name, value, 0)


def positive(kind: str, name: str, value: int) -> int:
    """A whole number of at least 1."""
    return validate.integer(kind, name, value, 1)


def places(kind: str, name: str, value: Iterable[int]) -> list[int]:
    """Whole numbers of at least 0, in order."""
    if not isinstance(value, Iterable) or isinstance(value, str):
        raise validate.wrong_type(kind, name, repr(value), "a list of whole numbers")
    return sorted([validate.integer(kind, f"{name}[{index}]", place, 0) for index, place in enumerate(value)])


def sizes(kind: str, name: str, value: float | list[float]) -> float | list[float]:
    """A finite number of at least 0, or a list of them, one for each group."""
    if not isinstance(value, list | tuple):
        return size(kind, name, value)
    return [size(kind, f"{name}[{index}]", one) for index, one in enumerate(value)]


def choice(*names: str) -> Callable[[str, str, str], str]:
    """The check that lets these names pass."""

    def check(kind: str, name: str, value: str) -> str:
        if not (isinstance(value, str) and value in names):
            raise validate.wrong_value(kind, name, repr(value), " or ".join(map(repr, names)))
        return value

    return check


def decays(kind: str, name: str, value: tuple[float, float]) -> tuple[float, float]:
    """Two numbers of at least 0 that are less than 1."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise validate.wrong_type(kind, name, repr(value), "a pair of numbers, as in (0.9, 0.999)")
    first, second = (number(kind, f"{name}[{index}]", beta) for index, beta in enumerate(value))
    for index, beta in enumerate((first, second)):
        if not 0 <= beta < 1:
            raise validate.wrong_value(kind, f"{name}[{index}]", beta, "0 <= beta < 1")
    return first, second
