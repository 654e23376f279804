"""The windows of average pooling and of adaptive pooling, as tables of the two axes.

A window is a range of rows by a range of columns, so that a table of each axis says all of a layer:

    windows[p] = first, last (exclusive), divisor       the pixels of window p, its factor of the divisor
    reached[i] = first, last (exclusive), end, divisor  the windows that see pixel i; the same windows see all
                                                        pixels from i to `end` (exclusive); their factor of
                                                        the divisor, or 0 if they have different ones
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from fastconv.geometry import Axis, axes, pair

from ..memory.buffers import constant
from .table import Window


class Windows(NamedTuple):
    """The windows of the rows and of the columns, and what reaches the rows and the columns."""

    rows: np.ndarray
    columns: np.ndarray
    reached_rows: np.ndarray
    reached_columns: np.ndarray
    largest: Window
    """Rows and columns of the largest window."""
    largest_reached: Window
    """Most windows that see a pixel, along each axis."""


@lru_cache(maxsize=1024)
def windows(h, w, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor) -> Windows:
    """Those of a layer whose windows have one size."""
    kernel_size = pair(kernel_size)
    both = axes((h, w), kernel_size, stride or kernel_size, padding, 1)
    rows, columns = (_windows(axis, ceil_mode, count_include_pad) for axis in both)
    if divisor is not None:
        rows[:, 2], columns[:, 2] = divisor, 1
    return _with_reached(rows, columns, h, w)


@lru_cache(maxsize=1024)
def adaptive_windows(h, w, p, q) -> Windows:
    """Those of an adaptive layer with p x q outputs; 0 stands for as many as the input has."""
    return _with_reached(_adaptive_windows(h, p or h), _adaptive_windows(w, q or w), h, w)


def _with_reached(rows, columns, h, w):
    reached_rows, reached_columns = _reached(rows, h), _reached(columns, w)
    tables = constant(rows), constant(columns), constant(reached_rows), constant(reached_columns)
    return Windows(*tables, _largest(rows, columns), _largest(reached_rows, reached_columns))


def _largest(*tables) -> Window:
    """The longest range of rows, and of columns."""
    return Window(*(int((table[:, 1] - table[:, 0]).max()) for table in tables))


def _windows(axis: Axis, ceil_mode: bool, count_include_pad: bool) -> np.ndarray:
    outputs = (axis.extended() if ceil_mode else axis).outputs
    start = np.arange(outputs) * axis.stride - axis.before
    first, last = np.maximum(start, 0), np.minimum(start + axis.taps, axis.size)
    padded = np.minimum(start + axis.taps, axis.size + axis.after) - start
    return np.stack([first, last, padded if count_include_pad else last - first], axis=1)


def _adaptive_windows(size: int, outputs: int) -> np.ndarray:
    bounds = np.arange(outputs + 1) * size
    first, last = bounds[:-1] // outputs, -(-bounds[1:] // outputs)
    return np.stack([first, last, last - first], axis=1)


def _reached(windows: np.ndarray, size: int) -> np.ndarray:
    """The table `reached` of an axis of so many pixels."""
    pixels, changes = np.arange(size), np.cumsum(np.diff(windows[:, 2], prepend=0) != 0)
    first = np.searchsorted(windows[:, 1], pixels, side="right")
    last = np.searchsorted(windows[:, 0], pixels, side="right")
    end = np.searchsorted(first + last, first + last, side="right")
    one = np.minimum(first, len(windows) - 1)
    shared = changes[one] == changes[np.maximum(last - 1, one)]
    return np.stack([first, last, end, np.where(shared, windows[one, 2], 0)], axis=1)
