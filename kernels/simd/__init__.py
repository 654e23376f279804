"""Vectors and register tiles as Numba values: few verbs, each a line or two of machine code."""

from .access import clear, copy, fetch, opaque
from .dot import dot, plus, sums, transposed
from .exponential import exp, log1p
from .stream import pour, stream
from .tile import fma, fma_rows, fma_runs, load, positive, spread, store, zero
from .vector import below, cast, full, larger, largest, magnitude, read, select, total, wins, write
from .weave import unwoven, woven

__all__ = [
    "below",
    "cast",
    "clear",
    "copy",
    "dot",
    "exp",
    "fetch",
    "fma",
    "fma_rows",
    "fma_runs",
    "full",
    "larger",
    "largest",
    "load",
    "log1p",
    "magnitude",
    "opaque",
    "plus",
    "positive",
    "pour",
    "read",
    "select",
    "spread",
    "store",
    "stream",
    "sums",
    "total",
    "transposed",
    "unwoven",
    "wins",
    "woven",
    "write",
    "zero",
]
