"""Dense layers: one matrix product on a register tile, for the forward pass and two gradients.

    c[i, j] = bias[j] + sum over l of a[i, l] * b[l, j]

                  b[l, j : j + columns]
                  ---------------------
    a[i,     l] |                     |
    a[i + 1, l] |  acc += a * b       |
        ...     |                     |
                  ---------------------

There are three ways to it, and sizes alone decide which (`table.py`):

- `dots.py`, where the rows of both factors lie along the sum (the forward pass) and it costs less to add
  lanes than to transpose b: lanes run along the sum, b is read from where it lies.
- `rows.py`, where lanes can run along the rows of b, and a has few rows, or b stays in the first-level
  cache, or the sums are short: b is read from where it lies.
- `blocked.py` for the rest: blocks of `depth` terms of a and of some panels of b are copied to dense memory.

Sizes are run-time values: each algorithm compiles once for a tile, whatever the sizes and the batch.
"""

from .layer import linear, linear_bias, linear_input, linear_weight

__all__ = ["linear", "linear_bias", "linear_input", "linear_weight"]
