"""Sums whose order depends on shapes alone, and maxima."""

import numpy as np

from .jit import inline, kernel

CHUNK = 256
"""Rows that are summed one after another; the sums of the chunks are then added in order."""


def column_sums(rows: np.ndarray, columns: int) -> np.ndarray:
    """The sum of each column of flat `rows`, (rows, columns)."""
    count = rows.size // columns
    chunks = -(-count // CHUNK)
    sums = np.zeros((chunks, columns), rows.dtype)
    _column_sum(chunks, rows.size, rows, sums, count)
    total = np.zeros(columns, rows.dtype)
    _add_chunks(columns, sums.size, sums, total)
    return total


@kernel
def _column_sum(rows, sums, count, first, last):
    columns = sums.shape[1]
    for chunk in range(first, last):
        for row in range(chunk * CHUNK, min((chunk + 1) * CHUNK, count)):
            for j in range(columns):
                sums[chunk, j] += rows[row * columns + j]


@kernel
def _add_chunks(sums, total, first, last):
    for chunk in range(sums.shape[0]):
        for j in range(first, last):
            total[j] += sums[chunk, j]


@inline
def peak(row):
    """The largest element; NaN where there is one."""
    most = row[0]
    for value in row:
        most = value if value > most or value != value else most
    return most
