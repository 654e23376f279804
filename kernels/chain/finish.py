"""The stages of a geometry on one vector, and on the elements that a job has just written."""

from ..activation.formulas import value
from ..arithmetic.pairs import of_two
from ..engine.jit import inline
from ..simd import held, pour, read, rounded, select, write
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
        v, at = v - held(lines, at + j, s.lanes, count), at + j + period
        y = v * held(lines, at, s.lanes, count) + held(lines, at + period, s.lanes, count)
        return select(y < 0, 0, y) if s.relu else y
    if s.kind == PRELU:
        return select(v > 0, v, held(lines, at + j, s.lanes, count) * v)
    if s.kind == ROW:
        return of_two(s, v, held(lines, at + j, s.lanes, count))
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
def run(g, x, y, lines, other, at, end, bypass):
    """y = all stages of x, from `at`, where a pixel begins, to `end`, past the caches if `bypass`

    x, y and `other` are flat, and lie alike, channels side by side: as many pixels at a time as fill vectors.
    """
    for row in range(at, end, g.period):
        length = min(g.period, end - row)
        whole = length - length % g.lanes
        for j in range(0, whole, g.lanes):
            v = staged(g, read(x, row + j, g.lanes, g.lanes), lines, j, other, row + j, g.lanes)
            pour(v, y, row + j, g.lanes, bypass)
        if whole < length:
            i, count = row + whole, length - whole
            write(staged(g, read(x, i, g.lanes, count), lines, whole, other, i, count), y, i, count)


@inline
def _run_down(g, y, lines, k, other, at, end, count):
    """All stages of `count` filters, from k on, of the pixels from y[at] on

    What they read from the lines is the same for all pixels, and stays in registers.
    """
    for i in range(at, end, g.y_pixel):
        write(staged(g, read(y, i, g.lanes, count), lines, k, other, i, count), y, i, count)


@inline
def finish(g, y, lines, k, other, at, pixels, columns):
    """y = all stages of y: of `pixels` g.y_pixel apart from y[at] on, the `columns` filters from k on

    With g.folded these are all filters, and the pixels neighbours.
    """
    end = at + pixels * g.y_pixel
    if g.folded:
        run(g, y, y, lines, other, at, end, False)
    else:
        whole = columns - columns % g.lanes
        for j in range(0, whole, g.lanes):
            _run_down(g, y, lines, k + j, other, at + j, end, g.lanes)
        if whole < columns:
            _run_down(g, y, lines, k + whole, other, at + whole, end, columns - whole)
