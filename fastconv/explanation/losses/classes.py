"""Losses whose targets are classes."""

import numpy as np

from fastconv import functional as F
from fastconv import nn
from fastconv.explanation.inner import Inner
from fastconv.explanation.losses.base import LossNotation, describe_loss, divided, over_terms
from fastconv.explanation.notation import Symbols
from fastconv.explanation.numbers import plain
from fastconv.explanation.steps import Formula
from fastconv.types import Array


@describe_loss.register
def _classes(
    loss: nn.CrossEntropyLoss, output: str, value: Array, y: Array, symbols: Symbols
) -> LossNotation:
    p = symbols.name("P")
    P = F.softmax(value, 1)
    inner = (Inner(Formula(p, f"softmax({output})"), P),)
    count, classes = value.size // value.shape[1], value.shape[1]
    over = over_terms(loss, count)
    average = f"-1/{count} " if over else "-"
    given = np.issubdtype(y.dtype, np.floating)
    if loss.weight is not None or (not given and (y == loss.ignore_index).any()):
        general = describe_loss.dispatch(nn.Loss)(loss, output, value, y, symbols)
        return LossNotation(general.target, inner, general.line, general.gradient)
    if given or loss.label_smoothing:
        q, note = "Y", ""
        if loss.label_smoothing:
            e = plain(loss.label_smoothing)
            q, labels = "Q", "Y" if given else "onehot(y)"
            note = f"Q = (1 - {e}) {labels} + {e}/{classes}: smoothed labels"
        where = "sum_{n,c}" if count > 1 else "sum_{c}"
        at = "[n,c]" if count > 1 else "[c]"
        line = Formula("L", f"{average}{where} {q}{at} log {p}{at}", note=note)
        return LossNotation("Y" if given else "y", inner, line, Formula("", divided(f"{p} - {q}", over)))
    terms: tuple[str, ...] = ()
    if count == 1:
        right = f"-log {p}[y]"
        label = int(y.item())
        terms = (f"L = -log {p}[{label}] = -log {plain(P.ravel()[label])} = {plain(loss(value, y))}",)
    else:
        right = f"{average}sum_{{n}} log {p}[n,y[n]]"
    gradient = divided(f"{p} - onehot(y)", over)
    return LossNotation("y", inner, Formula("L", right, terms=terms), Formula("", gradient))


@describe_loss.register
def _log_likelihood(loss: nn.NLLLoss, output: str, value: Array, y: Array, symbols: Symbols) -> LossNotation:
    if loss.weight is not None or (y == loss.ignore_index).any():
        return describe_loss.dispatch(nn.Loss)(loss, output, value, y, symbols)
    count = value.size // value.shape[1]
    over = over_terms(loss, count)
    if count > 1:
        right = f"-1/{count} " if over else "-"
        line = Formula("L", f"{right}sum_{{n}} {output}[n,y[n]]")
    else:
        label = int(y.item())
        line = Formula("L", f"-{output}[y]", terms=(f"L = -{output}[{label}] = {plain(loss(value, y))}",))
    return LossNotation("y", (), line, Formula("", f"-onehot(y){over}"))
