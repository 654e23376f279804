"""Arithmetic of two arrays, one of which may be repeated along axes, and the sums over these axes."""

from .pairs import add, divide, maximum, minimum, multiply, subtract
from .sums import sum_to_size

__all__ = ["add", "divide", "maximum", "minimum", "multiply", "subtract", "sum_to_size"]
