"""Arithmetic of two arrays, whose shapes NumPy's broadcasting brings together; sums over axes; shapes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastconv.types import Array, Shape


def filled(shape: Shape, dtype: np.dtype[Any], function: Callable[[], Array]) -> Array:
    """y = function(), of this shape and type."""
    return function()


def reshape(input: Array, shape: Shape) -> Array:
    """y = x, its elements in their order in another shape; a view where the memory allows one."""
    return input.reshape(shape)


def add(input: Array, other: Array, relu: bool = False) -> Array:
    """y = a + b, with `relu` max(a + b, 0); NaN stays NaN."""
    y = input + other
    return np.maximum(y, 0, dtype=y.dtype) if relu else y


def subtract(input: Array, other: Array) -> Array:
    """y = a - b, elementwise."""
    return input - other


def multiply(input: Array, other: Array) -> Array:
    """y = a·b, elementwise."""
    return input * other


def divide(input: Array, other: Array) -> Array:
    """y = a / b; a / 0 is infinite, 0 / 0 NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return input / other


def maximum(input: Array, other: Array) -> Array:
    """y = max(a, b), NaN where one of them is."""
    return np.maximum(input, other)


def minimum(input: Array, other: Array) -> Array:
    """y = min(a, b), NaN where one of them is."""
    return np.minimum(input, other)


def sum_to_size(input: Array, size: Shape, factor: Array | None = None) -> Array:
    """s = Σ x, or Σ x·f, over the axes that are 1 in `size` or are not there: broadcasting backwards.

    Input and factor have one shape (..., d, ...); returns an array of shape `size`.
    """
    x = input.astype(np.float64)
    if factor is not None:
        x = x * factor
    lead = input.ndim - len(size)
    axes = tuple(axis for axis in range(input.ndim) if axis < lead or size[axis - lead] == 1)
    return x.sum(axis=axes, keepdims=True).reshape(size).astype(input.dtype)
