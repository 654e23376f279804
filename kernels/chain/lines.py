"""The rows that stages read: lines[row, fold, channel], each row as long as whole vectors need.

They are made of parameters, which may lie anywhere, by launches that each append the rows of one stage to
those before, so that a plan sees of every array what it is made of.
"""

from typing import Any

import numpy as np

from ..engine.geometry import Geometry
from ..engine.jit import kernel
from ..memory.buffers import empty, plain, settled
from ..norm.columns import affine_lines
from ..norm.sheet import sheet
from ..simd import copy
from .stages import Kind, Stage

WORK = 16.0
"""Work of an element that is read and written."""


def rows_of(channels: int, dtype: np.dtype) -> Geometry:
    """The geometry of rows: `folds` times all channels, `period` elements."""
    return sheet(dtype, 1, channels, channels, channels)


def lines_of(stages: list[Stage], channels: int, dtype: np.dtype, first: np.ndarray | None) -> np.ndarray:
    """The rows of all stages, behind that of `first` (channels,) if it is given; flat."""
    g, none = rows_of(channels, dtype), np.empty(0, dtype)
    lines = none if first is None else _appended(g, none, 1, _row, first)
    for form, given in stages:
        if form.kind == Kind.NUMBERS:
            lines = _appended(g, lines, 1, _numbers, *(*given, 0.0)[:2])
        elif form.kind == Kind.NORM:
            *statistics, weight, bias, eps = given
            arrays = (none if a is None else plain(a) for a in (*statistics, weight, bias))
            lines = _appended(g, lines, 3, affine_lines, *arrays, eps)
        elif form.kind in (Kind.PRELU, Kind.ROW):
            lines = _appended(g, lines, 1, _row, plain(given[0]).ravel())
    return lines


def _appended(g: Geometry, before: np.ndarray, rows: int, write: Any, *given: Any) -> np.ndarray:
    """The lines `before`, and the rows that a kernel writes behind them."""
    lines = empty((before.size + rows * g.period,), before.dtype)
    write(1, WORK * lines.size, g, before, *given, lines)
    return settled(lines)


@kernel
def _row(g, before, source, lines, first, last):
    """lines = before, then source[c] of all folds, or the only element of source: a row. One job."""
    for _ in range(first, last):
        copy(lines, 0, before, 0, before.size)
        for c in range(g.channels):
            value = source[c] if source.size > 1 else source[0]
            for fold in range(g.folds):
                lines[before.size + fold * g.channels + c] = value


@kernel
def _numbers(g, before, a, b, lines, first, last):
    """lines = before, then a row that begins with a and b. One job."""
    for _ in range(first, last):
        copy(lines, 0, before, 0, before.size)
        lines[before.size], lines[before.size + 1] = a, b
