"""Numbers as a person writes them: as many digits as the dtype deserves, aligned, without idle zeros."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from fastconv.types import Array

LARGEST = 64
"""Arrays of more entries are summarised."""

DIGITS = {np.dtype(np.float32): 5, np.dtype(np.float64): 7}


def aligned(values: Array) -> list[str]:
    """The entries in row-major order, decimal points in line; an exact 0 is a lone 0."""
    flat = np.ravel(values)
    finite = np.abs(flat[np.isfinite(flat)])
    largest = float(finite.max(initial=0.0))
    digits = DIGITS.get(values.dtype, 7)
    if largest >= 1e7 or 0 < largest < 1e-3:
        texts = [f"{v:.{digits - 2}e}" if v else "0" for v in flat]
    else:
        decimals = max(0, digits - 1 - int(np.floor(np.log10(largest or 1))))
        texts = [f"{v:.{decimals}f}" if v else "0" for v in flat]
        fractions = [text.partition(".")[2].rstrip("0") for text in texts]
        decimals = max(map(len, fractions), default=0)
        texts = [_point_aligned(text if float(text) else text.lstrip("-"), decimals) for text in texts]
    width = max(map(len, texts), default=0)
    return [text.rjust(width) for text in texts]


def _point_aligned(text: str, decimals: int) -> str:
    """A number with this many decimals, or with as many blanks in their place."""
    whole, point, fraction = text.partition(".")
    if not decimals:
        return whole
    return f"{whole}.{fraction[:decimals]}" if point else whole + " " * (decimals + 1)


def short(value: Any, digits: int = 5) -> str:
    """One number in a sum: `digits` significant digits, a negative one in brackets."""
    text = f"{float(value) + 0.0:.{digits}g}"
    return f"({text})" if text.startswith("-") else text


def plain(value: Any, digits: int = 5) -> str:
    """One number that stands alone, such as a result or a bound."""
    return f"{float(value) + 0.0:.{digits}g}"


def blocks(values: Array) -> list[tuple[str, list[list[str]]]]:
    """An array as labelled matrices of aligned numbers, `("[1,0]", rows)` for each last plane.

    Leading axes of length 1 are left out of the label; a vector is one row.
    """
    while values.ndim > 2 and values.shape[0] == 1:
        values = values[0]
    values = np.atleast_2d(values)
    texts = np.array(aligned(values), dtype=object).reshape(values.shape)
    if values.ndim == 2:
        return [("", texts.tolist())]
    return [
        ("[" + ",".join(map(str, index)) + "]", texts[index].tolist())
        for index in np.ndindex(values.shape[:-2])
    ]


def matrices(values: Array, width: int) -> list[str]:
    """An array in full as lines of text; planes stand side by side as far as `width` reaches."""
    pictures = []
    for label, rows in blocks(values):
        picture = [line for row in rows for line in _row(row, width)]
        pictures.append([label, *picture] if label else picture)
    if not values.ndim:
        return [pictures[0][0].strip("[ ]")]
    lines: list[str] = []
    row: list[list[str]] = []
    for picture in pictures:
        if row and len(beside([*row, picture])[-1]) > width:
            lines += [*beside(row), ""]
            row = []
        row.append(picture)
    return [line.rstrip() for line in [*lines, *beside(row)]]


def _row(numbers: Sequence[str], width: int) -> list[str]:
    """One row of a matrix, continued on further lines where it is longer than `width`."""
    fit = max(1, (width - 2) // (len(numbers[0]) + 2))
    lines = ["  " + "  ".join(numbers[i : i + fit]) for i in range(0, len(numbers), fit)]
    lines[0] = "[" + lines[0][1:]
    lines[-1] += " ]"
    return lines


def beside(pictures: Sequence[Sequence[str]], gap: str = "    ") -> list[str]:
    """Blocks of text next to each other, top edges in line."""
    widths = [max(map(len, picture), default=0) for picture in pictures]
    rows = zip_longest(*pictures, fillvalue="")
    return [gap.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]


def summary(values: Array) -> str:
    """A large array in one line."""
    low, high, mean = values.min(), values.max(), values.mean(dtype=np.float64)
    return f"{values.size} numbers: min {plain(low)}, max {plain(high)}, mean {plain(mean)}"
