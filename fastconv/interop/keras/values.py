"""What flows between layers: how our arrays' axes and elements stand to Keras's."""

from dataclasses import dataclass
from typing import Any

from fastconv.types import Array, Shape

Sizes = tuple[int | None, ...]
"""A shape without the batch axis; None is a size that differs from image to image."""

MANY = 4096
"""Stands for an unknown size where shapes are computed."""


@dataclass(frozen=True)
class Value:
    """The output of a node.

    `shape` is Keras's, and axis i of our array is Keras's axis `axes[i]`: (2, 0, 1) for an image that is
    (H, W, C) there and (C, H, W) here. What was flattened here before its axes were brought into Keras's
    order keeps as `folded` the shape and the axes that it had: its elements are in another order than there.
    """

    node: str
    shape: Sizes
    axes: tuple[int, ...]
    folded: tuple[Shape, tuple[int, ...]] | None = None

    @property
    def rank(self) -> int:
        """The number of axes, without the batch's."""
        return len(self.shape)

    @property
    def sizes(self) -> Sizes:
        """The shape of our array, without the batch axis."""
        return tuple(self.shape[axis] for axis in self.axes)

    def here(self, axis: int) -> int:
        """Which axis of our batch Keras's axis of a sample is."""
        return self.axes.index(axis) + 1

    def in_our_order(self, array: Array) -> Array:
        """An array whose first axis runs over this value's elements, in the order in which they are here."""
        if self.folded is None:
            return array
        shape, axes = self.folded
        several = array.reshape(*shape, *array.shape[1:])
        return several.transpose(*axes, *range(len(axes), several.ndim)).reshape(array.shape)

    def relabelled(self, dims: tuple[int, ...]) -> "Value":
        """The value after Keras's transposition to these axes: our array is the same, under new names."""
        shape = tuple(self.shape[dim] for dim in dims)
        return Value(self.node, shape, tuple(dims.index(axis) for axis in self.axes))


def known(sizes: Sizes) -> Shape:
    """The sizes, with a number for each that is not known."""
    return tuple(MANY if size is None else size for size in sizes)


def channels_first(rank: int) -> tuple[int, ...]:
    """The axes of what is (..., C) in Keras and (C, ...) here."""
    return (rank - 1, *range(rank - 1))


def shape_of(batch_shape: Any) -> Sizes:
    """The shape of a sample in Keras's shape of a batch; ValueError for what is none."""
    given = batch_shape[1:] if isinstance(batch_shape, list) else []
    sizes = [size for size in given if size is not None]
    if not given or not all(type(size) is int and 0 < size < 2**31 for size in sizes):
        raise ValueError(f"got an input of shape {repr(batch_shape)[:40]}, needs that of a batch")
    return tuple(given)
