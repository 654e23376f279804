"""The object that `explain` returns."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastconv.explanation.markdown import render as markdown
from fastconv.explanation.steps import Step
from fastconv.explanation.text import render as text


@dataclass(frozen=True)
class Explanation:
    """The steps of one derivation in a person's order; `print` it, or leave it as a notebook cell's value.

    Iterate over it for the steps, or take one by symbol: `explanation["dL/dW1"].value`.
    """

    title: str
    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether no gradient differs from the central differences."""
        return all(step.check is None or step.check.verdict != "differs" for step in self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, symbol: str) -> Step:
        for step in self.steps:
            if step.symbol == symbol:
                return step
        raise KeyError(f"{symbol!r} is not a step; the steps are {', '.join(s.symbol for s in self.steps)}")

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return text(self.title, self.steps)

    def _repr_markdown_(self) -> str:
        """The explanation for a notebook: Markdown with LaTeX formulas."""
        return markdown(self.title, self.steps)
