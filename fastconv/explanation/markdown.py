"""An explanation for a notebook: Markdown with LaTeX."""

from collections.abc import Sequence

from fastconv.explanation import latex
from fastconv.explanation.numbers import LARGEST, blocks, summary
from fastconv.explanation.steps import PARTS, Step
from fastconv.types import Array


def render(title: str, steps: Sequence[Step]) -> str:
    """The steps as displayed formulas with their matrices, shapes and checks."""
    paragraphs = [f"**{title}**"]
    part = None
    for step in steps:
        if step.part != part:
            part = step.part
            heading, introduction = PARTS[part]
            paragraphs += [f"### {heading}", introduction]
        paragraphs += _step(step)
    return "\n\n".join(paragraphs) + "\n"


def _step(step: Step) -> list[str]:
    """A step's paragraphs: its formula with its numbers, then what there is to say of it."""
    formula = latex.formula(step.formula)
    remarks = [f"shape `{step.shape}`"]
    if step.value.size <= LARGEST:
        transposed = r"^{\top}" if step.columns and step.value.size > 1 else ""
        formula += f" = {_matrices(step.value)}{transposed}"
    else:
        remarks.append(summary(step.value))
    if step.check is not None:
        remarks.append(f"central differences: {step.check}")
        remarks += [step.check.remark] if step.check.remark else []
    if step.line.note:
        remarks.append(step.line.note)
    lines = [f"$${formula}$$"]
    if step.line.entries:
        lines.append(f"$${latex.formula(step.line.entries)}$$")
    if step.line.terms:
        rows = (latex.sum_of_terms(term).replace(" = ", " &= ", 1) for term in step.line.terms)
        lines.append(r"$$\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}$$")
    return [*lines, " · ".join(remarks)]


def _matrices(values: Array) -> str:
    if values.size == 1:
        return latex.formula(blocks(values)[0][1][0][0])
    parts = []
    for label, rows in blocks(values):
        body = r" \\ ".join(" & ".join(latex.formula(number.strip()) for number in row) for row in rows)
        name = rf"{{\scriptstyle {label}}}\," if label else ""
        parts.append(rf"{name}\begin{{bmatrix}} {body} \end{{bmatrix}}")
    return r"\;".join(parts)
