"""Sums of columns, in an order that depends on shapes alone; the maximum and the exponentials of a row."""

import numpy as np

from .engine.geometry import vector
from .engine.jit import inline, kernel
from .memory.buffers import empty
from .simd import below, exp, full, larger, largest, read, select, write

CHUNK = 256
"""Rows that are summed one after another; the sums of the chunks are then added in order."""
GROUP = 8
"""Rows that are read side by side."""


def column_sums(rows: np.ndarray, columns: int) -> np.ndarray:
    """s[j] = sum over i of rows[i, j]: flat (rows * columns) to (columns,)."""
    g = vector(rows.dtype)
    while True:
        count = rows.size // columns
        chunks = max(1, -(-count // CHUNK))
        sums = empty((chunks, columns), rows.dtype)
        _column_sum(chunks, 8.0 * rows.size, g, rows, sums, count)
        if chunks == 1:
            return sums.reshape(columns)
        rows = sums.ravel()


@inline
def _add_rows(g, rows, at, columns, number, sums, to, fresh, count):
    """sums[to + j] = the sum of `number` rows, for `count` columns; added to what is there unless `fresh`."""
    acc = full(rows.dtype.type(0), g.lanes) if fresh else read(sums, to, g.lanes, count)
    for row in range(number):
        acc = acc + read(rows, at + row * columns, g.lanes, count)
    write(acc, sums, to, count)


@kernel
def _column_sum(g, rows, sums, count, first, last):
    """sums[chunk, j] = sum of rows[i, j] over the rows i of a chunk; overwrites sums

    rows is (count, columns), flat; sums (chunks, columns), zero where `count` is 0. A job is a chunk of CHUNK
    rows or, the last, fewer; `column_sums` cuts them, by shapes alone. GROUP rows are read at a time.
    """
    columns = sums.shape[1]
    for chunk in range(first, last):
        row0, row1 = chunk * CHUNK, min((chunk + 1) * CHUNK, count)
        for row in range(row0, max(row1, row0 + 1), GROUP):
            number, fresh = min(GROUP, row1 - row), row == row0
            for j in range(0, columns, g.lanes):
                at, to = row * columns + j, chunk * columns + j
                if columns - j < g.lanes:
                    _add_rows(g, rows, at, columns, number, sums, to, fresh, columns - j)
                elif number == GROUP:
                    _add_rows(g, rows, at, columns, GROUP, sums, to, fresh, g.lanes)
                else:
                    _add_rows(g, rows, at, columns, number, sums, to, fresh, g.lanes)


@inline
def peak(g, x, at, length):
    """The largest of x[at : at + length]; NaN where there is one."""
    step, none = 4 * g.lanes, full(x.dtype.type(-np.inf), g.lanes)
    a, b, c, d = (
        none,
        none,
        none,
        none,
    )  # four chains: a maximum has to wait for the one before it in its chain
    whole = length - length % step
    for i in range(at, at + whole, step):
        a = larger(a, read(x, i, g.lanes, g.lanes))
        b = larger(b, read(x, i + g.lanes, g.lanes, g.lanes))
        c = larger(c, read(x, i + 2 * g.lanes, g.lanes, g.lanes))
        d = larger(d, read(x, i + 3 * g.lanes, g.lanes, g.lanes))
    for i in range(whole, length, g.lanes):
        count = min(g.lanes, length - i)
        a = larger(a, select(below(count, g.lanes), read(x, at + i, g.lanes, count), -np.inf))
    return largest(larger(larger(a, b), larger(c, d)))


@inline
def power(g, x, at, count, most):
    """exp(x - most) of `count` elements, and 0 beyond; where `count` is a literal, the mask folds away."""
    return select(below(count, g.lanes), exp(read(x, at, g.lanes, count) - most), 0)
