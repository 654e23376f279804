"""An explanation for a terminal, in plain ASCII."""

import textwrap
from collections.abc import Sequence

from fastconv.explanation.numbers import LARGEST, beside, matrices, summary
from fastconv.explanation.steps import PARTS, Step

WIDTH = 100
CHECK = 56
"""The column of the checks."""
INDENT = "    "


def render(title: str, steps: Sequence[Step]) -> str:
    """The steps under a heading for each part, every gradient with its check."""
    lines = textwrap.wrap(title, WIDTH)
    part = None
    for step in steps:
        if step.part != part:
            part = step.part
            heading, introduction = PARTS[part]
            lines += ["", heading, "=" * len(heading), *textwrap.wrap(introduction, WIDTH)]
        lines += ["", *_step(step)]
    return "\n".join(line.rstrip() for line in lines)


def _step(step: Step) -> list[str]:
    line, check, shape = step.line, str(step.check or ""), str(step.shape)
    given = not line.right and bool(line.note)
    head = f"{line}: {line.note}" if given else str(line)
    lines = []
    if max(len(head), CHECK) + len(f"  {check}  {shape}") > WIDTH:
        lines, head = textwrap.wrap(head, WIDTH, subsequent_indent=INDENT), ""
    head = f"{head:<{CHECK}}  {check}  "
    lines.append(head + shape.rjust(WIDTH - len(head)))
    below = [line.entries, "" if given else line.note, step.check.remark if step.check else ""]
    lines += [INDENT + text for words in below for text in textwrap.wrap(words, WIDTH - len(INDENT))]
    if step.value.size > LARGEST:
        return [*lines, INDENT + summary(step.value)]
    numbers = matrices(step.value, WIDTH - len(INDENT))
    if not line.terms:
        return [*lines, *(INDENT + row for row in numbers)]
    joined = beside([numbers, line.terms])
    if max(map(len, joined)) + len(INDENT) > WIDTH:
        joined = [*numbers, *line.terms]
    return [*lines, *(INDENT + row for row in joined)]
