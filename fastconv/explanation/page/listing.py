"""The derivation as a list: each step with its formula, its sums and its check, in a person's order."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from fastconv.explanation.page.grids import grid
from fastconv.explanation.page.mathml import formula, sum_of_terms
from fastconv.explanation.steps import PARTS, Check, Step


def listing(steps: Sequence[Step]) -> str:
    """The steps under a heading for each part."""
    parts = []
    for part, group in groupby(steps, key=lambda step: step.part):
        heading, introduction = PARTS[part]
        items = "".join(map(_step, group))
        parts.append(f"<h3>{escape(heading)}</h3><p>{escape(introduction)}</p><ol>{items}</ol>")
    return f'<div class="steps">{"".join(parts)}</div>'


def _step(step: Step) -> str:
    line = step.line
    kind = "note eta-now" if line.note.startswith("eta = ") else "note"
    note = f'<span class="{kind}">{escape(line.note)}</span>' if line.note else ""
    beside = _check(step.check) if line.right else note
    lines = [f'<div class="formula">{formula(step.formula)}{beside}</div>']
    if line.entries:
        lines.append(f'<div class="entries">{formula(line.entries)}</div>')
    if note and line.right:
        lines.append(note)
    if line.terms:
        rows = "".join(f"<li>{sum_of_terms(term)}</li>" for term in line.terms)
        lines.append(f'<ul class="terms">{rows}</ul>')
    if step.part == "update":
        lines.append(grid(step.symbol, step.value, step.columns))
    return f'<li data-step="{escape(step.symbol)}">{"".join(lines)}</li>'


def _check(check: Check | None) -> str:
    if check is None:
        return ""
    said = f"{check}, {check.remark}" if check.remark else str(check)
    return f' <span class="check {check.verdict}">{escape(said)}</span>'
