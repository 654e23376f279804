"""What a name of an ONNX graph stands for while the graph is read: an array, or what a layer gives."""

import math
from typing import NamedTuple, TypeAlias

import numpy as np

from fastconv.types import Array, Shape

BATCHES = 1009, 2006
"""The sizes of the batch axis under which a graph is followed: what differs depends on the batch."""
STEP = 224
"""An open axis k has the sizes (k + 1) and (k + 2) times this: most networks halve them exactly."""
MOST_MADE = 2**28
"""How many elements the nodes of a file may make out of nothing, beside as many as the file has bytes."""


class GraphError(ValueError):
    """A graph that has no counterpart here; the message names the node, the reason and what would fit."""


class Constant(NamedTuple):
    """An array that does not depend on the input, or on its size alone: one under each of two sizes."""

    first: Array
    second: Array

    @classmethod
    def of(cls, array: Array) -> "Constant":
        """An array that is the same whatever the input's size."""
        return cls(array, array)

    @property
    def known(self) -> bool:
        """Whether it is the same under both sizes."""
        return self.first is self.second or (
            self.first.shape == self.second.shape and bool(np.array_equal(self.first, self.second))
        )


class Data(NamedTuple):
    """What a layer gives: the name of its node, and its shape under each of two input sizes, if known."""

    name: str
    shapes: tuple[Shape, Shape] | None

    @property
    def rank(self) -> int | None:
        """The number of axes, with the batch's."""
        return None if self.shapes is None else len(self.shapes[0])

    def known(self) -> tuple[int | None, ...] | None:
        """The sizes that are the same under both input sizes, None in place of the others."""
        if self.shapes is None:
            return None
        return tuple(a if a == b else None for a, b in zip(*self.shapes, strict=True))


Value: TypeAlias = Constant | Data


class Budget:
    """Counts the elements of all arrays that reading a file makes, before they are made."""

    def __init__(self, file_size: int) -> None:
        self.left = MOST_MADE + file_size

    def take(self, *shape: int) -> None:
        """Counts an array of this shape; ValueError where it is more than what is left."""
        self.allow(*shape)
        self.left -= math.prod(shape)

    def allow(self, *shape: int) -> None:
        """ValueError where an array of this shape is more than what is left."""
        if math.prod(shape) > self.left:
            shown = f"shape {shape}" if len(shape) <= 8 else f"{len(shape)} axes"
            raise ValueError(f"got an array of {shown}, needs at most {self.left} more elements in all")
