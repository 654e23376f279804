"""Layers of several inputs: their arrays get the same axes, and as many of them."""

import math
from collections.abc import Callable

import numpy as np

from fastconv import nn
from fastconv.interop.keras.normalization import affine
from fastconv.interop.keras.step import Step
from fastconv.interop.keras.values import MANY, Sizes, Value, known


def elementwise(step: Step, values: list[Value], make: Callable[[], nn.Layer]) -> Value:
    """Add, Subtract, Multiply, Maximum, Minimum; the sizes of an axis are equal or 1."""
    values = _alike(step, values)
    if len(values) != 2 and make is nn.Subtract:
        raise ValueError(f"got {len(values)} inputs, needs 2")
    return _joined(step, values, step.layer(make), None)


def average(step: Step, values: list[Value]) -> Value:
    """Average: the sum, times a constant."""
    total = elementwise(step, values, nn.Add)
    return affine(step, total, np.asarray(1 / len(values), step.dtype), None, "mean")


def concatenate(step: Step, values: list[Value]) -> Value:
    """Concatenate along one axis."""
    values = [step.builder.unfolded(value) for value in _alike(step, values)]
    axis = step.axis("axis", values[0].rank)
    return _joined(step, values, step.layer(lambda: nn.Concatenate(values[0].here(axis))), axis)


def _alike(step: Step, values: list[Value]) -> list[Value]:
    """The values with the axes of the largest; those of fewer axes get some of size 1 in front."""
    if not values or not all(isinstance(value, Value) for value in values):
        raise ValueError(f"got {len(values)} inputs, some of them constants, needs arrays")
    if len({value.folded for value in values}) > 1:
        values = [step.builder.unfolded(value) for value in values]
    rank = max(value.rank for value in values)
    values = [_expanded(step, value, rank) for value in values]
    axes = max(values, key=lambda value: math.prod(known(value.shape))).axes
    return [step.builder.moved(value, axes) for value in values]


def _expanded(step: Step, value: Value, rank: int) -> Value:
    """The value with so many axes."""
    if value.rank == rank:
        return value
    value = step.builder.plain(value)
    shape = (*(1,) * (rank - value.rank), *step.known(value.shape))
    return step.builder.apply(f"{value.node}_reshape", nn.Reshape(shape), value, tuple(range(rank)))


def _joined(step: Step, values: list[Value], layer: nn.Layer, along: int | None) -> Value:
    """What the layer makes of values with the same axes; unknown sizes stay so where they matter."""
    first = values[0]
    columns = list(zip(*(value.shape for value in values), strict=True))
    fills = [
        max((size for size in column if size is not None and size > 1), default=MANY) for column in columns
    ]
    filled = [
        tuple(fill if size is None else size for size, fill in zip(value.shape, fills, strict=True))
        for value in values
    ]
    got = layer.output_shape(*(tuple(shape[axis] for axis in first.axes) for shape in filled))
    sizes = dict(zip(first.axes, got, strict=True))
    shape: Sizes = tuple(
        None if _is_open(column, axis == along) else sizes[axis] for axis, column in enumerate(columns)
    )
    return Value(step.node(layer, values), shape, first.axes, first.folded)


def _is_open(column: Sizes, along: bool) -> bool:
    """Whether the size of an axis of a join is not known: these are its inputs'."""
    return None in column and (along or all(size is None or size == 1 for size in column))
