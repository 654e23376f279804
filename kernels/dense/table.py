"""Which algorithm computes a matrix product, and why; the rows from the most special to the general."""

import numpy as np

from ..choice import Algorithm
from . import blocked, dots, rows
from .plan import Product

FORWARD, INPUT, WEIGHT = PASSES = "forward", "input", "weight"
PRODUCT = "product"

TABLE = (
    Algorithm(
        "dots",
        "the rows of both factors lie along the sum, as in the forward pass, and are few or short",
        "lanes along the sum: the weights are read from where they lie",
        dots.fits,
        {PRODUCT: dots.plan},
    ),
    Algorithm(
        "rows",
        "few rows, or a second factor that the first-level cache keeps, or short sums",
        "lanes along the rows of the second factor, which is read from where it lies",
        rows.fits,
        {PRODUCT: rows.plan},
    ),
    Algorithm(
        "blocked",
        "everything else",
        "blocks of both factors are copied to dense memory, and meet in the caches",
        lambda p: True,
        {PRODUCT: blocked.plan},
    ),
)


def problem(along: bool, by_rows: bool, m: int, n: int, k: int, dtype: np.dtype) -> Product:
    """The problem of a product, see `Product`; a sum of one term lies in any order."""
    return Product(along and k > 1, by_rows and k > 1, m, n, k, np.dtype(dtype))


def passes(samples: int, inputs: int, outputs: int, dtype: np.dtype) -> dict[str, Product]:
    """The three products of a dense layer."""
    return {
        FORWARD: problem(True, True, samples, outputs, inputs, dtype),
        INPUT: problem(False, True, samples, inputs, outputs, dtype),
        WEIGHT: problem(False, False, outputs, inputs, samples, dtype),
    }


def choose(p: Product) -> Algorithm:
    """The first row that computes a product."""
    return next(row for row in TABLE if row.fits(p))
