"""How an array is laid out on paper: as planes of rows and columns, each with its place in the numbers."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fastconv.types import Shape

LARGEST = 256
"""Arrays of more entries are pictures, which the scripts of the page draw."""
LONGEST = 16
"""A vector of more entries goes on in a further row."""
ACROSS = 8
"""The entries in such a row."""


class Plane(NamedTuple):
    """A matrix in an array: entry (r, c) is number `start + r * down + c * right` of `size` in all.

    label: the indices of the axes before the last two, such as `[1,0]`, if there are several planes.
    """

    label: str
    rows: int
    columns: int
    start: int
    down: int
    right: int
    size: int

    def row(self, number: int) -> list[int]:
        """The places of a row's entries in the array's numbers; fewer in the last row of a vector."""
        places = (self.start + number * self.down + c * self.right for c in range(self.columns))
        return [place for place in places if place < self.size]


def planes(shape: Shape, columns: bool) -> Iterator[Plane]:
    """The planes of an array; `columns`: its rows are columns in the formulas."""
    count = math.prod(shape)
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    rows, width = (1, 1, *shape)[-2:]
    if rows == 1 and width > LONGEST:
        yield Plane("", -(-width // ACROSS), ACROSS, 0, ACROSS, 1, count)
    elif len(shape) < 3 and columns and width <= LONGEST:
        yield Plane("", width, rows, 0, 1, width, count)
    else:
        for number, index in enumerate(np.ndindex(shape[:-2])):
            label = f"[{','.join(map(str, index))}]" if index else ""
            yield Plane(label, rows, width, number * rows * width, width, 1, count)


def dimensions(shape: Shape, columns: bool) -> str:
    """The dimensions as the derivation annotates them: n x 1 of a column vector, none of a number."""
    if math.prod(shape) == 1:
        return ""
    if columns and len(shape) < 3:
        shape = (shape[-1], shape[0] if len(shape) == 2 else 1)
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    return " × ".join(map(str, shape))
