"""The settings of a Keras layer, each checked when it is read."""

import sys
from typing import Any

import numpy as np

from fastconv import validate
from fastconv.types import Array


class Settings:
    """A layer's class, and what its `config` in config.json says.

    A value that does not fit is a ValueError or TypeError: `Conv2D: strides: got ...`.
    """

    def __init__(self, kind: str, values: dict[str, Any]) -> None:
        self.kind = kind
        self.values = values

    def wrong(self, name: str, needs: str) -> ValueError:
        """The error for a setting with a value that does not fit."""
        return validate.wrong_value(self.kind, name, _shown(self.values.get(name)), needs)

    def choice(self, name: str, *allowed: str) -> str:
        """One of these words."""
        value = self.values.get(name)
        if not isinstance(value, str) or value not in allowed:
            raise self.wrong(name, " or ".join(map(repr, allowed)))
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        """True or False."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, "True or False")
        return value

    def integer(self, name: str, low: int = 1, high: int = validate.LARGEST, default: Any = None) -> int:
        """A whole number."""
        return validate.integer(self.kind, name, self.values.get(name, default), low, high)

    def number(self, name: str, default: Any = None) -> float:
        """A finite number."""
        most = sys.float_info.max
        return validate.number(self.kind, name, self.values.get(name, default), -most, most)

    def numbers(self, name: str, axes: int, dtype: np.dtype[Any]) -> Array:
        """A finite number, or nested lists of some: an array of so many axes, with those in front 1."""
        try:
            array = np.asarray(self.values.get(name), np.float64).astype(dtype)
        except (TypeError, ValueError, OverflowError):
            raise self.wrong(name, "numbers") from None
        if array.ndim > axes or not np.isfinite(array).all():
            raise self.wrong(name, f"finite numbers with at most {axes} axes")
        return array.reshape((1,) * (axes - array.ndim) + array.shape)

    def sizes(self, name: str, axes: int, low: int = 1, default: Any = None) -> tuple[int, ...]:
        """One whole number for each axis; a single one is that of all."""
        return validate.per_axis(self.kind, name, self.values.get(name, default), low, axes)

    def sides(self, name: str, axes: int) -> tuple[tuple[int, ...], ...]:
        """(before, after) for each axis."""
        value = self.values.get(name)
        if axes == 1 and isinstance(value, list) and len(value) == 2:
            value = [value]
        if isinstance(value, list) and len(value) != axes:
            raise self.wrong(name, f"(before, after) of {axes} axes")
        given = value if isinstance(value, list) else [value] * axes
        return tuple(validate.per_axis(self.kind, name, side, 0) for side in given)

    def axis(self, name: str, rank: int) -> int:
        """An axis of a batch, as one of a sample with so many axes."""
        (axis,) = self.axes(name, rank, self.values.get(name, -1))
        return axis

    def axes(self, name: str, rank: int, given: Any) -> tuple[int, ...]:
        """Axes of a batch, in ascending order, as those of a sample with so many axes."""
        found = set()
        for axis in given if isinstance(given, list) else [given]:
            axis = validate.integer(self.kind, name, axis, -rank, rank)
            if axis == 0:
                raise self.wrong(name, "axes other than the batch's, 0")
            found.add(axis - 1 if axis > 0 else axis + rank)
        if not found:
            raise self.wrong(name, "an axis")
        return tuple(sorted(found))


def _shown(value: Any) -> str:
    """The value in an error, shortened."""
    text = repr(value)
    return text if len(text) < 80 else f"{text[:77]}..."
