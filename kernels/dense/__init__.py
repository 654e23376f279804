"""Dense layers: one matrix product on a register tile, for the forward pass and two gradients.

    c[i, j] = bias[j] + sum over l of a[i, l] * b[l, j]

                  b[l, j : j + columns]
                  ---------------------
    a[i,     l] |                     |
    a[i + 1, l] |  acc += a * b       |
        ...     |                     |
                  ---------------------

There are three ways to it, and sizes alone decide which:

- `dots.py`, where both factors lie along the sum (the forward pass) and few rows share b: lanes run along the
  sum, b is read as it lies.
- `rows.py`, where the lanes can run along the rows of b: few rows share it, or it stays in the first-level
  cache, or has few rows. b is read as it lies.
- `blocked.py` for the rest: blocks of `depth` terms of a and of some panels of b are copied side by side.

Sizes are run-time values: a way compiles once for each tile, whatever the size and the batch of a layer.
"""

from .layer import linear, linear_bias, linear_input, linear_weight

__all__ = ["linear", "linear_bias", "linear_input", "linear_weight"]
