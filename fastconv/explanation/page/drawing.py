"""The network drawn: its values from left to right, under each the gradient of L with respect to it."""

from collections.abc import Sequence
from html import escape

from fastconv.explanation.page.grids import grid
from fastconv.explanation.page.layout import Group, Value
from fastconv.explanation.page.mathml import formula
from fastconv.explanation.page.planes import LARGEST, dimensions
from fastconv.explanation.steps import Step

LEGEND = """<p class="legend"><span>−largest</span><span class="bar"></span><span>+largest</span>
<span class="words">Each array has its own scale: blue below 0, orange above.</span></p>"""


def drawing(groups: Sequence[Group]) -> str:
    """The drawing in HTML; the layers of a large network are folded."""
    folded = any(value.step.value.size > LARGEST for group in groups for value in group.values)
    parts = (_fold(group) if folded else _open(group) for group in groups)
    return f'{LEGEND}<div class="{"folds" if folded else "flow"}">{"".join(parts)}</div>'


def _open(group: Group) -> str:
    return f'<section class="layer"><h3>{escape(group.kind)}</h3>{_values(group)}</section>'


def _fold(group: Group) -> str:
    last = group.values[-1].step
    formulas = f" {formula(group.formula)}" if group.formula else ""
    shape = f'<span class="dimensions">{dimensions(last.shape, last.columns)}</span>'
    summary = f"<summary><h3>{escape(group.kind)}</h3>{formulas} {shape}</summary>"
    return f'<details class="layer">{summary}{_values(group)}</details>'


def _values(group: Group) -> str:
    return f'<div class="values">{"".join(map(_value, group.values))}</div>'


def _value(value: Value) -> str:
    gradients = "".join(f'<div class="gradient">{_array(step)}</div>' for step in value.gradients)
    return f'<div class="value">{_array(value.step)}{gradients}</div>'


def _array(step: Step) -> str:
    """An array under its symbol and its dimensions."""
    size = dimensions(step.shape, step.columns)
    annotated = f' <span class="dimensions">{size}</span>' if size else ""
    caption = f"<figcaption>{formula(step.symbol)}{annotated}</figcaption>"
    return f"<figure>{caption}{grid(step.symbol, step.value, step.columns)}</figure>"
