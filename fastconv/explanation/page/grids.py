"""Arrays as tables: every number in a cell whose colour says how large it is."""

from collections.abc import Iterator
from html import escape

import numpy as np

from fastconv.explanation.numbers import aligned, summary
from fastconv.explanation.page.planes import LARGEST, Plane, planes
from fastconv.types import Array

DIGITS = 3
"""Significant digits of an array's largest entry."""


def grid(symbol: str, values: Array, columns: bool) -> str:
    """An array in HTML: its planes as tables, or what a large one is summed up in."""
    name = escape(symbol)
    if values.size > LARGEST:
        return f'<div class="array large" data-of="{name}"><p>{summary(values)}</p></div>'
    texts = [text.strip().replace("-", "−") for text in aligned(values, DIGITS)]
    shades = _shades(values)
    tables = (_table(plane, texts, shades) for plane in planes(values.shape, columns))
    return f'<div class="array" data-of="{name}">{"".join(tables)}</div>'


def _table(plane: Plane, texts: list[str], shades: list[str]) -> str:
    caption = f"<caption>{plane.label}</caption>" if plane.label else ""
    body = "".join(f"<tr>{''.join(_row(plane.row(r), texts, shades))}</tr>" for r in range(plane.rows))
    place = f"{plane.start},{plane.down},{plane.right}"
    return f'<table data-at="{place}">{caption}<tbody>{body}</tbody></table>'


def _row(places: list[int], texts: list[str], shades: list[str]) -> Iterator[str]:
    for place in places:
        yield f"<td{shades[place]}>{texts[place]}</td>"


def _shades(values: Array) -> list[str]:
    """The style of each cell: its number in shares of the largest; classes have no colour."""
    if not np.issubdtype(values.dtype, np.floating):
        return [""] * values.size
    flat = np.ravel(values).astype(np.float64)
    largest = np.abs(flat[np.isfinite(flat)]).max(initial=0.0) or 1.0
    shares = np.nan_to_num(flat / largest, posinf=1, neginf=-1)
    return [f' style="--v:{share:.2f}"' if share else "" for share in shares]
