"""Vectors and register tiles as Numba values: few verbs, each a line or two of machine code."""

from .access import clear, copy, fetch, opaque
from .dot import dot, plus, sums, transposed
from .exponential import exp, expm1, log, log1p
from .normal import bell, tail
from .stream import pour, stream
from .tile import fma, fma_rows, fma_runs, load, positive, spread, store, zero
from .vector import (
    below,
    cast,
    full,
    held,
    larger,
    largest,
    magnitude,
    read,
    rotated,
    rounded,
    select,
    total,
    wins,
    write,
)
from .weave import unwoven, woven

__all__ = [
    "bell",
    "below",
    "cast",
    "clear",
    "copy",
    "dot",
    "exp",
    "expm1",
    "fetch",
    "fma",
    "fma_rows",
    "fma_runs",
    "full",
    "held",
    "larger",
    "largest",
    "load",
    "log",
    "log1p",
    "magnitude",
    "opaque",
    "plus",
    "positive",
    "pour",
    "read",
    "rotated",
    "rounded",
    "select",
    "spread",
    "store",
    "stream",
    "sums",
    "tail",
    "total",
    "transposed",
    "unwoven",
    "wins",
    "woven",
    "write",
    "zero",
]
