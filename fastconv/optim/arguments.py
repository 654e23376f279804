"""Checks of optimizers' settings, each in the form of `fastconv.attributes.Checks`."""

import math

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


def decays(kind: str, name: str, value: tuple[float, float]) -> tuple[float, float]:
    """Two numbers of at least 0 that are less than 1."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise validate.wrong_type(kind, name, repr(value), "a pair of numbers, as in (0.9, 0.999)")
    first, second = (number(kind, f"{name}[{index}]", beta) for index, beta in enumerate(value))
    for index, beta in enumerate((first, second)):
        if not 0 <= beta < 1:
            raise validate.wrong_value(kind, f"{name}[{index}]", beta, "0 <= beta < 1")
    return first, second
