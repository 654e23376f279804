"""The rows that stages read: lines[row, fold, channel], each row as long as whole vectors need.

They are made of parameters, which may lie anywhere, by launches that each append the rows of one stage to
those before, so that a plan sees of every array what it is made of.
"""

from typing import Any

import numpy as np

from ..engine.geometry import Geometry
from ..engine.jit import inline, kernel
from ..memory.buffers import empty, plain, settled
from ..norm.columns import write_map
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
    g, lines = rows_of(channels, dtype), np.empty(0, dtype)
    if first is not None:
        lines = _appended(g, lines, 1, _row, first)
    for form, given in stages:
        if form.kind == Kind.NUMBERS:
            a, b = (*given, 0.0)[:2]
            lines = _appended(g, lines, 1, _numbers, a, b)
        elif form.kind == Kind.NORM:
            mean, var, weight, bias, eps = given
            none = np.empty(0, dtype)
            weight, bias = (none if a is None else plain(a) for a in (weight, bias))
            lines = _appended(g, lines, 3, _map, plain(mean), plain(var), weight, bias, eps)
        elif form.kind in (Kind.PRELU, Kind.ROW):
            lines = _appended(g, lines, 1, _row, plain(given[0]).ravel())
    return lines


def _appended(g: Geometry, before: np.ndarray, rows: int, write: Any, *given: Any) -> np.ndarray:
    """The lines `before`, and the rows that a kernel writes behind them."""
    lines = empty((before.size + rows * g.period,), before.dtype)
    write(1, WORK * lines.size, g, before, lines, *given)
    return settled(lines)


@inline
def _begin(before, lines):
    """Copy the lines before; where the next row begins."""
    copy(lines, 0, before, 0, before.size)
    return before.size


@kernel
def _row(g, before, lines, source, first, last):
    """lines = before, then source[c] of all folds, or the only element of source: a row. One job."""
    for _ in range(first, last):
        at = _begin(before, lines)
        for c in range(g.channels):
            value = source[c] if source.size > 1 else source[0]
            for fold in range(g.folds):
                lines[at + fold * g.channels + c] = value


@kernel
def _numbers(g, before, lines, a, b, first, last):
    """lines = before, then a row that begins with a and b. One job."""
    for _ in range(first, last):
        at = _begin(before, lines)
        lines[at], lines[at + 1] = a, b


@kernel
def _map(g, before, lines, mean, var, weight, bias, eps, first, last):
    """lines = before, then the three of `norm.columns._affine_lines`, statistics (g.channels,). One job."""
    for _ in range(first, last):
        at = _begin(before, lines)
        for c in range(g.channels):
            write_map(g, mean, var, weight, bias, eps, c, c, lines, at)
