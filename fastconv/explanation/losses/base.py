"""The lines of a loss, and of a loss that is not known."""

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from fastconv import nn
from fastconv.explanation.inner import Inner
from fastconv.explanation.notation import Symbols
from fastconv.explanation.steps import Formula
from fastconv.types import Array


@dataclass(frozen=True)
class LossNotation:
    """The lines of a loss: its target's symbol, what lies inside, L itself, and its gradient.

    short: what the gradient is called in the next formulas, where it has a short form.
    """

    target: str
    inner: tuple[Inner, ...]
    line: Formula
    gradient: Formula
    short: str = ""


@singledispatch
def describe_loss(loss: nn.Loss, output: str, value: Array, y: Array, symbols: Symbols) -> LossNotation:
    """The lines of a loss of the output called `output`; any other loss is called by its class."""
    kind = type(loss).__name__
    note = ", ".join(f"{name} {setting}" for name, setting in loss.config().items() if setting is not None)
    target = "y" if np.issubdtype(y.dtype, np.integer) else "Y"
    line = Formula("L", f"{kind}({output}, {target})", note=note)
    return LossNotation(target, (), line, Formula("", f"{kind}_backward({output}, {target})"))


def over_terms(loss: nn.Loss, count: int) -> str:
    """The division of a mean over more than one term."""
    return f" / {count}" if loss.reduction == "mean" and count > 1 else ""


def divided(right: str, over: str) -> str:
    """A gradient with the division of a mean."""
    return f"({right}){over}" if over else right
