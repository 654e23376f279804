"""The object that `explain` returns."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from fastconv.explanation import page
from fastconv.explanation.markdown import render as markdown
from fastconv.explanation.steps import Step
from fastconv.explanation.text import render as text
from fastconv.explanation.walk import Walk
from fastconv.files import checked_path, replaced


@dataclass(frozen=True)
class Explanation:
    """The steps of one derivation in a person's order; `print` it, or leave it as a notebook cell's value.

    Iterate over it for the steps, or take one by symbol: `explanation["dL/dW1"].value`.
    `walk`: the pass itself, on a copy of the model. `lr`: the eta of the update.
    """

    title: str
    steps: tuple[Step, ...]
    walk: Walk = field(repr=False, compare=False)
    lr: float

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

    def _repr_html_(self) -> str:
        """The page for a notebook, in a frame of its own."""
        inside = escape(page.render([self._derivation()]))
        frame = f'title="{escape(self.title)}" style="width: 100%; height: 52rem; border: 0"'
        return f'<iframe srcdoc="{inside}" sandbox="allow-scripts" {frame}></iframe>'

    def to_html(self, path: str | Path, *others: "Explanation") -> None:
        """Write the derivation as a page: one self-contained HTML file, `others` below on the same page.

        The page shows the network with all numbers and formulas, and the gradient of the input as well; it is
        readable without JavaScript. With it, a cell lights up what it is computed from and shows the sum;
        the input, the target and the parameters of a chain of usual layers can be changed and trained.
        A file at `path` is replaced whole or not at all. OSError where the file cannot be written; TypeError,
        ValueError for what is no path of a file.
        """
        path = checked_path("to_html", path, "a page")
        html = page.render([each._derivation() for each in (self, *others)])
        with replaced(path) as file:
            file.write(html.encode())

    def _derivation(self) -> page.Derivation:
        return page.Derivation(self.title, self.steps, self.walk, self.lr)
