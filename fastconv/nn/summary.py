"""The table that `model.summary` returns."""

from collections.abc import Iterable
from typing import NamedTuple

from fastconv.markup import columns, table
from fastconv.types import Shape

HEADER = "layer", "output shape", "parameters", "multiply-adds", "algorithms"


class Row(NamedTuple):
    """One layer in a summary."""

    layer: str
    output_shape: Shape
    parameters: int
    multiply_adds: int
    algorithms: str = ""
    """Those of the forward pass, the input gradient and the weight gradient; one name if all are the same."""


class Summary(str):
    """A table of layers, as text: printing it and looking at it in a shell show the same.

    `rows` holds the figures; `multiply_adds` is their total for one input, `parameters` the number of the
    model's parameters: those of a layer that occurs twice count once. The algorithms are those of a batch:
    see `fastconv.chosen`.
    """

    rows: tuple[Row, ...]
    parameters: int

    def __new__(cls, rows: Iterable[Row], parameters: int) -> "Summary":
        """The table with these rows and a line of totals."""
        rows = tuple(rows)
        lines = [HEADER, *_lines(rows, parameters)]
        text = super().__new__(cls, columns(lines, "<<>><", "  "))
        text.rows, text.parameters = rows, parameters
        return text

    @property
    def multiply_adds(self) -> int:
        """The multiply-adds of all layers."""
        return sum(row.multiply_adds for row in self.rows)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """The table for notebooks."""
        return table(HEADER, _lines(self.rows, self.parameters), words=(0, 1, 4))


def _lines(rows: tuple[Row, ...], parameters: int) -> list[tuple[str, ...]]:
    """The rows and one of totals, as text; `parameters` is the model's number."""
    lines = [
        (r.layer, str(r.output_shape), f"{r.parameters:,}", f"{r.multiply_adds:,}", r.algorithms)
        for r in rows
    ]
    cost = sum(r.multiply_adds for r in rows)
    return [*lines, ("total", "", f"{parameters:,}", f"{cost:,}", "")]
