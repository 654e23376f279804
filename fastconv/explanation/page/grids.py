"""Arrays as tables: every number in a cell whose colour says how large it is."""

import math
from collections.abc import Iterator
from html import escape

import numpy as np

from fastconv.explanation.numbers import summary
from fastconv.explanation.page.planes import LARGEST, Plane, planes
from fastconv.types import Array

DIGITS = 3
"""Significant digits of an array's largest entry."""
EXACT = 1e-6
"""The share of the largest entry by which fewer decimals may be off."""


def grid(symbol: str, values: Array, columns: bool) -> str:
    """An array in HTML: its planes as tables, or what a large one is summed up in."""
    name = escape(symbol)
    if values.size > LARGEST:
        return f'<div class="array large" data-of="{name}"><p>{summary(values).replace("-", "−")}</p></div>'
    texts = _texts(values)
    shades = _shades(values)
    tables = (_table(plane, texts, shades) for plane in planes(values.shape, columns))
    widest = max(map(len, texts), default=0)
    return f'<div class="array" data-of="{name}" style="--wide:{widest}">{"".join(tables)}</div>'


def _table(plane: Plane, texts: list[str], shades: list[str]) -> str:
    caption = f"<caption>{plane.label}</caption>" if plane.label else ""
    body = "".join(f"<tr>{''.join(_row(plane.row(r), texts, shades))}</tr>" for r in range(plane.rows))
    place = f"{plane.start},{plane.down},{plane.right}"
    return f'<table data-at="{place}">{caption}<tbody>{body}</tbody></table>'


def _texts(values: Array) -> list[str]:
    """The numbers in row-major order, with as many decimals each; fewer where they say the same."""
    flat, largest = np.ravel(values).astype(np.float64), _largest(values)
    if largest >= 1e7 or 0 < largest < 1e-3:
        texts = (f"{v:.1e}".replace("e-0", "e-").replace("e+0", "e+") if v else "0" for v in flat)
    else:
        most = max(0, DIGITS - 1 - math.floor(math.log10(largest or 1)))
        enough = (
            k for k in range(most) if np.allclose(flat.round(k), flat, 0, EXACT * largest, equal_nan=True)
        )
        decimals = next(enough, most)
        texts = (f"{v:.{decimals}f}" if v else "0" for v in flat)
    return [text.replace("-", "−") for text in texts]


def _largest(values: Array) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0))


def _row(places: list[int], texts: list[str], shades: list[str]) -> Iterator[str]:
    for place in places:
        yield f"<td{shades[place]}>{texts[place]}</td>"


def _shades(values: Array) -> list[str]:
    """The style of each cell: its number in shares of the largest; classes have no colour."""
    if not np.issubdtype(values.dtype, np.floating):
        return [""] * values.size
    shares = np.nan_to_num(np.ravel(values) / (_largest(values) or 1.0), posinf=1, neginf=-1)
    return [f' style="--v:{share:.2f}"' if share else "" for share in shares]
