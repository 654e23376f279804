"""Tables: in columns of text, and in HTML, which notebooks show."""

from collections.abc import Iterable, Sequence
from html import escape


def columns(rows: Sequence[Sequence[str]], align: str, gap: str = "   ") -> str:
    """Rows of cells in columns; `align` has one "<" (left) or ">" (right) for each column."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(align))]
    lines = (
        gap.join(f"{cell:{side}{width}}" for cell, side, width in zip(row, align, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def table(header: Sequence[str], rows: Iterable[Sequence[object]], words: Iterable[int] = (0,)) -> str:
    """A table in HTML, its text escaped; the columns `words` stand to the left, the others to the right."""
    left = frozenset(words)

    def line(kind: str, cells: Sequence[object]) -> str:
        sides = ("left" if index in left else "right" for index in range(len(cells)))
        written = (
            f'<{kind} style="text-align: {side}">{escape(str(cell))}</{kind}>'
            for side, cell in zip(sides, cells, strict=True)
        )
        return f"<tr>{''.join(written)}</tr>"

    body = "\n".join(line("td", row) for row in rows)
    return f"<table>\n<thead>\n{line('th', header)}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"
