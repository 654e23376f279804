"""One self-contained file: the drawings and the steps of one or more derivations, with style and scripts."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import NamedTuple

from fastconv.explanation.page.controls import READER, TOP, TRAINING
from fastconv.explanation.page.drawing import drawing
from fastconv.explanation.page.layout import groups
from fastconv.explanation.page.listing import listing
from fastconv.explanation.page.record import as_json, record
from fastconv.explanation.page.whole import whole
from fastconv.explanation.steps import Step
from fastconv.explanation.walk import Walk

REFERENCE = "tensor windows expression products pools elements losses network differences"
"""The scripts that compute what the library computes, in the order in which they need each other."""
VIEW = "numbers names sums grid picture chooser views reader curve training page"
"""The scripts that show it."""


class Derivation(NamedTuple):
    """What the page shows of an explanation; `lr`: the eta of its update."""

    title: str
    steps: Sequence[Step]
    walk: Walk
    lr: float


def render(derivations: Sequence[Derivation]) -> str:
    """The page, readable without scripts, which add the rest."""
    sections = "".join(_section(number, each) for number, each in enumerate(derivations, 1))
    links = "".join(
        f'<a href="#network{number}">{_heading(each)}</a>' for number, each in enumerate(derivations, 1)
    )
    folders = (("reference", REFERENCE), ("view", VIEW))
    scripts = "\n".join(
        _asset(f"scripts/{folder}/{name}.js") for folder, names in folders for name in names.split()
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>Backpropagation, with numbers</title>\n<style>\n{_asset('page.css')}</style></head>\n<body>"
        f"<header><h1>Backpropagation, with numbers</h1>{TOP}"
        f"{f'<p>{links}</p>' if len(derivations) > 1 else ''}</header>\n<main>{sections}</main>\n"
        f'<script>(() => {{\n"use strict";\n{scripts}}})();</script></body></html>\n'
    )


def _section(number: int, derivation: Derivation) -> str:
    """One derivation: the drawing, what can be done with it, its steps, its numbers."""
    steps = whole(derivation.steps, derivation.walk)
    found = record(steps, derivation.walk, derivation.lr)
    training = TRAINING if found["computed"] else ""
    return (
        f'<article id="network{number}"><h2>{_heading(derivation)}</h2>'
        f"{drawing(groups(steps, derivation.walk))}"
        f'<div class="below">{listing(steps)}{training}</div>{READER}'
        f'<script type="application/json">{as_json(found)}</script></article>\n'
    )


def _heading(derivation: Derivation) -> str:
    return escape(derivation.title.replace("->", "→"))


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
