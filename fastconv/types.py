"""The names that signatures share."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""A float32 or float64 array; its logical shape is in the docstring."""

Indices: TypeAlias = NDArray[np.int64]
"""Positions: class labels, or those of maxima flat within one H x W plane."""

Pair: TypeAlias = int | tuple[int, int]
"""One value for height and width, or (height, width)."""

Single: TypeAlias = int | tuple[int]
"""One value for the length of a signal."""

OutputSize: TypeAlias = int | tuple[int | None, int | None]
"""One size for height and width, or (height, width); None is the size of the input."""

LineOutputSize: TypeAlias = int | tuple[int | None]
"""One size for the length of a signal; None is that of the input."""

Padding: TypeAlias = int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]]
"""Zeros around an image: one value, (height, width), or ((top, bottom), (left, right))."""

LinePadding: TypeAlias = int | tuple[int] | tuple[tuple[int, int]]
"""Zeros around a signal: one value, or ((before, after),)."""

Shape: TypeAlias = tuple[int, ...]
