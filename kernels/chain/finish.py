"""The stages of a geometry on one vector, and on the elements that a job has just written."""

from ..activation.formulas import value
from ..arithmetic.pairs import of_two
from ..engine.jit import inline
from ..norm.columns import mapped
from ..simd import pour, read, rounded, select, write
from .stages import Kind

FORMULA, NUMBERS, NORM, PRELU, ROW = (int(kind) for kind in Kind if kind != Kind.WHOLE)


@inline
def _stage(s, v, lines, j, period, other, i, count):
    """One stage, of the literals s: see `stages.Kind`. The bits are those that memory would pass on."""
    v, at = rounded(v), s.row * period
    if s.kind == FORMULA:
        return value(s, v, 0.0, 0.0)
    if s.kind == NUMBERS:
        return value(s, v, lines[at], lines[at + 1])
    if s.kind == NORM:
        y = mapped(v, lines, at + j, period, s.lanes, count)
        return select(y < 0, 0, y) if s.relu else y
    if s.kind == PRELU:
        return select(v > 0, v, read(lines, at + j, s.lanes, count) * v)
    if s.kind == ROW:
        return of_two(s, v, read(lines, at + j, s.lanes, count))
    return of_two(s, v, read(other, i, s.lanes, count))


@inline
def staged(g, v, lines, j, other, i, count):
    """All stages on a vector of `count` elements: place j of a row of lines, element i of `other`."""
    if g.stages > 0:
        v = _stage(g.stage0, v, lines, j, g.period, other, i, count)
    if g.stages > 1:
        v = _stage(g.stage1, v, lines, j, g.period, other, i, count)
    if g.stages > 2:
        v = _stage(g.stage2, v, lines, j, g.period, other, i, count)
    if g.stages > 3:
        v = _stage(g.stage3, v, lines, j, g.period, other, i, count)
    if g.stages > 4:
        v = _stage(g.stage4, v, lines, j, g.period, other, i, count)
    if g.stages > 5:
        v = _stage(g.stage5, v, lines, j, g.period, other, i, count)
    return v


@inline
def run(g, x, y, lines, j0, other, at, end, step, width, bypass):
    """y = all stages of x, of rows of `width` elements, `step` apart from `at` on, up to `end`

    x, y and `other` lie alike, flat; the first element of each row is at place j0 of the lines' rows.
    """
    for row in range(at, end, step):
        length = min(width, end - row)
        whole = length - length % g.lanes
        for j in range(0, whole, g.lanes):
            v = staged(g, read(x, row + j, g.lanes, g.lanes), lines, j0 + j, other, row + j, g.lanes)
            pour(v, y, row + j, g.lanes, bypass)
        if whole < length:
            i, count = row + whole, length - whole
            v = staged(g, read(x, i, g.lanes, count), lines, j0 + whole, other, i, count)
            write(v, y, i, count)


@inline
def finish(g, y, lines, k, other, at, pixels, columns):
    """All stages in place: `pixels` g.y_pixel apart from y[at] on, of each the `columns` filters from k on."""
    if columns == g.y_pixel:
        run(g, y, y, lines, 0, other, at, at + pixels * columns, g.period, g.period, False)
    else:
        end = at + (pixels - 1) * g.y_pixel + columns
        run(g, y, y, lines, k, other, at, end, g.y_pixel, columns, False)
