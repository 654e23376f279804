"""Vectors and register tiles as Numba values: few verbs, each a line or two of machine code."""

from .memory import clear, copy
from .tile import fma, fma_rows, load, spread, store, zero

__all__ = ["clear", "copy", "fma", "fma_rows", "load", "spread", "store", "zero"]
