"""Checks of layers' settings, each in the form of `fastconv.attributes.Checks`."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.types import Shape

LARGEST_SEED = 2**64 - 1
MOST_AXES = 64
"""NumPy's limit."""


def generator(kind: str, name: str, value: int | None) -> np.random.Generator:
    """A random generator that begins at this seed; None is another beginning each time."""
    seed = None if value is None else validate.integer(kind, name, value, 0, LARGEST_SEED)
    return np.random.default_rng(seed)


def sample_axis(kind: str, name: str, value: int) -> int:
    """A whole number other than 0, which is the batch's axis; below 0 it counts from the end."""
    if axis(kind, name, value) == 0:
        raise validate.wrong_value(
            kind, name, value, "an axis of a sample: from 1 up, or below 0 from the end"
        )
    return axis(kind, name, value)


def axis(kind: str, name: str, value: int) -> int:
    """A whole number that may count from the end; forward checks it against the input's axes."""
    return validate.integer(kind, name, value, -MOST_AXES, MOST_AXES - 1)


def padding(*names: str, axes: int = 2) -> Callable[[str, str, Any], Any]:
    """The check of a padding on both sides of each axis, or one of these names."""

    def check(kind: str, name: str, value: Any) -> Any:
        return validate.padding_or_name(kind, value, names, axes) if names else validate.padding(kind, value)

    return check


def probability(kind: str, name: str, value: float) -> float:
    """A number from 0 to 1."""
    return validate.number(kind, name, value, 0, 1)


def finite(kind: str, name: str, value: float) -> float:
    """Any number that is finite."""
    return validate.number(kind, name, value, -sys.float_info.max, sys.float_info.max)


def momentum(kind: str, name: str, value: float | None) -> float | None:
    """The share of a batch in running statistics; None is that of the cumulative mean."""
    return None if value is None else finite(kind, name, value)


def lengths(kind: str, name: str, value: int | Shape) -> Shape:
    """The lengths of the last axes, one or more whole numbers."""
    numbers = value if isinstance(value, (tuple, list)) else (value,)
    if not numbers:
        raise validate.wrong_value(kind, name, value, "at least one length")
    return tuple([validate.integer(kind, name, number) for number in numbers])


def random_generator(kind: str, name: str, value: np.random.Generator) -> np.random.Generator:
    """A generator of random numbers, which is set as it is."""
    validate.instance(kind, name, value, np.random.Generator)
    return value


def divisor(kind: str, name: str, value: int | None) -> int | None:
    """What an average divides by; None is the number of pixels."""
    return validate.divisor(kind, value)


def output_size(axes: int) -> Callable[[str, str, Any], Any]:
    """The check of an adaptive pooling's outputs along so many axes; None is the size of the input."""

    def check(kind: str, name: str, value: Any) -> tuple[int | None, ...]:
        return validate.output_size(kind, value, low=0, axes=axes)

    return check


def unflattened_size(kind: str, name: str, value: Shape) -> Shape:
    """The sizes of the axes that one becomes; one of them may be -1."""
    if not isinstance(value, (tuple, list)):
        raise validate.wrong_type(kind, name, repr(value), "a tuple of integers")
    sizes = tuple([validate.integer(kind, name, size, -1) for size in value])
    if not sizes or sizes.count(-1) > 1:
        raise validate.wrong_value(kind, name, sizes, "sizes of which one at most is -1")
    return sizes


def sample_shape(kind: str, name: str, value: int | Shape) -> Shape:
    """The sizes of a sample's axes, of which one may be -1, for what is left."""
    numbers = value if isinstance(value, (tuple, list)) else (value,)
    shape = tuple([validate.integer(kind, name, number, -1) for number in numbers])
    if shape.count(-1) > 1:
        raise validate.wrong_value(kind, name, value, "sizes of which at most one is -1")
    return shape
