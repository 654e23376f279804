"""Tables in HTML, which notebooks show."""

from collections.abc import Iterable, Sequence
from html import escape


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
