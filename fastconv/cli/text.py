"""Figures and shapes as people write them."""

from collections.abc import Sequence


def percent(share: float) -> str:
    """A share of 1 with two decimals."""
    return f"{100 * share:.2f} %"


def count(number: int, noun: str) -> str:
    """A number and its noun, which takes an s, or behind an s es, unless there is one."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending}"


def shape(sizes: Sequence[int]) -> str:
    """A shape as people write it: 1 x 8 x 8."""
    return " x ".join(str(size) for size in sizes)
