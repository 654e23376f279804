"""Text in columns."""

from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]], align: str, gap: str = "   ") -> str:
    """Rows of cells in columns; `align` has one "<" (left) or ">" (right) for each column."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(align))]
    lines = (
        gap.join(f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


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
